import { z } from 'zod';
import { epochMs } from '../http/time-fields';

/** Who did what, when: what `console.audit` carries. It never holds a secret, nor an id of a customer. */
export const auditEntry = z.object({
  atMs: epochMs,
  who: z.string().meta({
    description:
      'The name given at sign-in; “token”: a program; “command line”: a tool that talks to Kafka itself',
  }),
  from: z.string().meta({ description: 'Network address' }),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()).optional(),
  failure: z
    .string()
    .optional()
    .meta({ description: 'Present where the change was begun and did not come about' }),
});

export type AuditEntry = z.output<typeof auditEntry>;
