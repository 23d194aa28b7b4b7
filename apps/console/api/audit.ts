import { z } from 'zod';
import { epochMs } from './time-fields';

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

const auditRecord = auditEntry
  .required({ detail: true, failure: true })
  .extend({
    id: z.int(),
    detail: auditEntry.shape.detail.unwrap().nullable(),
    failure: auditEntry.shape.failure.unwrap().nullable().meta({
      description: 'Why the action failed; null if it did not fail',
    }),
  })
  .meta({ id: 'AuditRecord' });

export const auditPage = z
  .object({
    records: z.array(auditRecord),
    next: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page; null if this is the last page' }),
  })
  .meta({ id: 'AuditPage' });

export const auditFacets = z
  .object({ actions: z.array(z.string()), who: z.array(z.string()) })
  .meta({ id: 'AuditFacets', description: 'The values that the audit log can be filtered by' });

export type AuditEntry = z.output<typeof auditEntry>;
export type AuditRecord = z.output<typeof auditRecord>;
export type AuditPage = z.output<typeof auditPage>;
export type AuditFacets = z.output<typeof auditFacets>;
