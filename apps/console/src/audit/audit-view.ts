import { z } from 'zod';
import { auditEntry } from './audit-entry';

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

export type AuditRecord = z.output<typeof auditRecord>;
export type AuditPage = z.output<typeof auditPage>;
export type AuditFacets = z.output<typeof auditFacets>;
