import { z } from 'zod';
import { epochMs } from '../http/time-fields';
import { deadLetterSource } from './dead-letter-view';

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

export type Redrive = z.output<typeof redriveView>;
