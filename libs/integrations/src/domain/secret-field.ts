import { z } from 'zod';

/**
 * The schemas of the secrets of an integration: these are stored encrypted, and never shown. Everything else is stored and shown
 * as it is.
 */
export const secretField = z.registry<Record<string, never>>();
