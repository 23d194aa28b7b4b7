import { z } from 'zod';
import { reasonExplanation } from '../events/reason-explanation';
import { epochMs } from '../http/time-fields';
import { type DeadLetterSource } from '../read-model/apply-dead-letters';

export const deadLetterSource = z.enum(['events', 'deliveries']).meta({
  description: 'The topic that it was taken from, and goes back to',
}) satisfies z.ZodType<DeadLetterSource>;

export const deadLetterGroup = z
  .object({
    source: deadLetterSource,
    stage: z.string(),
    reason: z.string(),
    explanation: reasonExplanation,
    count: z.int(),
    redrivable: z.int().meta({ description: 'Those that can be sent on their way again' }),
    firstAtMs: epochMs,
    lastAtMs: epochMs,
  })
  .meta({ id: 'DeadLetterGroup', description: 'Dead letters of one reason' });

export const deadLetterSummary = z
  .object({
    id: z.int(),
    source: deadLetterSource,
    stage: z.string(),
    reason: z.string(),
    detail: z.string(),
    attempts: z.int().meta({ description: 'Requests to Statsig before it was set aside' }),
    atMs: epochMs,
    project: z.string().nullable(),
    eventId: z.string().nullable(),
    isOpen: z.boolean().meta({ description: 'False: it has been redriven' }),
    isRedrivable: z.boolean(),
    redrivenAtMs: epochMs.nullable(),
  })
  .meta({ id: 'DeadLetterSummary' });

export const deadLetterPage = z
  .object({
    deadLetters: z.array(deadLetterSummary),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null: there is none' }),
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
      .meta({ description: 'As text; what is no text shows as replacement characters' }),
  })
  .meta({ id: 'DeadLetter', description: 'A dead letter as it was kept' });

export type DeadLetterGroup = z.output<typeof deadLetterGroup>;
export type DeadLetterSummary = z.output<typeof deadLetterSummary>;
export type DeadLetterPage = z.output<typeof deadLetterPage>;
export type DeadLetterDetail = z.output<typeof deadLetterDetail>;
