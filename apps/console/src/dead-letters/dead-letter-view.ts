import { z } from 'zod';
import { reasonExplanation } from '../events/reason-explanation';
import { epochMs } from '../http/time-fields';
import { type DeadLetterSource } from '../read-model/apply-dead-letters';

export const deadLetterSource = z.enum(['events', 'deliveries']).meta({
  description: 'The topic of origin, to which a redrive returns it',
}) satisfies z.ZodType<DeadLetterSource>;

export const deadLetterGroup = z
  .object({
    source: deadLetterSource,
    stage: z.string(),
    reason: z.string(),
    explanation: reasonExplanation,
    count: z.int(),
    redrivable: z.int().meta({ description: 'Number of dead letters that can be redriven' }),
    firstAtMs: epochMs,
    lastAtMs: epochMs,
  })
  .meta({ id: 'DeadLetterGroup', description: 'Dead letters with the same source, stage and reason' });

const deadLetterSummary = z
  .object({
    id: z.int(),
    source: deadLetterSource,
    stage: z.string(),
    reason: z.string(),
    detail: z.string(),
    attempts: z.int().meta({ description: 'Requests to Statsig before it was dead-lettered' }),
    atMs: epochMs,
    project: z.string().nullable(),
    eventId: z.string().nullable(),
    isOpen: z.boolean().meta({ description: 'False if it has been redriven' }),
    isRedrivable: z.boolean(),
    redrivenAtMs: epochMs.nullable(),
  })
  .meta({ id: 'DeadLetterSummary' });

export const deadLetterPage = z
  .object({
    deadLetters: z.array(deadLetterSummary),
    next: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page; null if this is the last page' }),
  })
  .meta({ id: 'DeadLetterPage' });

export const deadLetterDetail = deadLetterSummary
  .extend({
    explanation: reasonExplanation,
    topic: z.string(),
    partition: z.int(),
    offset: z.int(),
    key: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    value: z
      .string()
      .nullable()
      .meta({ description: 'As text; bytes that are not valid UTF-8 are shown as replacement characters' }),
  })
  .meta({ id: 'DeadLetter', description: 'A dead letter as stored' });

export type DeadLetterGroup = z.output<typeof deadLetterGroup>;
export type DeadLetterSummary = z.output<typeof deadLetterSummary>;
export type DeadLetterPage = z.output<typeof deadLetterPage>;
export type DeadLetterDetail = z.output<typeof deadLetterDetail>;
