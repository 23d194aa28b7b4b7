import { z } from 'zod';
import { reasonExplanation } from './events';
import { epochMs } from './time-fields';

export const deadLetterSource = z.enum(['events', 'deliveries']).meta({
  description: 'The topic of origin, to which a redrive returns it',
});

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

export const redriveView = z
  .object({
    id: z.int(),
    selection: z
      .object({
        id: z.int().optional(),
        source: deadLetterSource.optional(),
        stage: z.string().optional(),
        reason: z.string().optional(),
      })
      .meta({ description: 'The selected dead letters: one, those of a group, or all if it is empty' }),
    startedAtMs: epochMs,
    total: z.int().meta({ description: 'Dead letters selected when the redrive started' }),
    done: z.int().meta({ description: 'Dead letters that were redriven' }),
    excluded: z.int().meta({ description: 'Dead letters that cannot be redriven and stay open' }),
    state: z.enum(['running', 'finished', 'failed']),
    failure: z.string().nullable().meta({
      description:
        'Why the redrive stopped, or why some dead letters were excluded; dead letters that were not sent stay open',
    }),
  })
  .meta({ id: 'Redrive' });

export type DeadLetterSource = z.output<typeof deadLetterSource>;
export type DeadLetterGroup = z.output<typeof deadLetterGroup>;
export type DeadLetterSummary = z.output<typeof deadLetterSummary>;
export type DeadLetterPage = z.output<typeof deadLetterPage>;
export type DeadLetterDetail = z.output<typeof deadLetterDetail>;
export type Redrive = z.output<typeof redriveView>;
