import { z } from 'zod';

/** Customer attribute whose value becomes Statsig's `userID`. Customers without it are identified by `identity`. */
export const userIdAttributeSchema = z.string().trim().min(1).max(256).nullable();

/**
 * What happens to an event whose `userID` would be an anonymous id of RevenueCat: it is sent, not sent, or sent without a
 * `userID`, with the custom ids only. Format `revenuecat` has no custom ids, so it does not send it then.
 */
export const anonymousCustomersSchema = z.enum(['send', 'skip', 'custom_id_only']);
