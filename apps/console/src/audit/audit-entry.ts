import { z } from 'zod';
import { epochMs } from '../http/time-fields';

/** A record of `console.audit`: who did what, and when. It never contains a secret or a customer id. */
export const auditEntry = z.object({
  atMs: epochMs,
  who: z.string().meta({
    description:
      'The name given at sign-in; `token`: an API client; `command line`: a tool that connects to Kafka directly',
  }),
  from: z.string().meta({ description: 'Network address' }),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()).optional(),
  failure: z
    .string()
    .optional()
    .meta({ description: 'Why the action failed; present only if it was started and failed' }),
});

export type AuditEntry = z.output<typeof auditEntry>;
