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
      .meta({ description: 'Which dead letters: one, those of one group, or, where it is empty, all' }),
    startedAtMs: epochMs,
    total: z.int().meta({ description: 'Dead letters that it was begun for' }),
    done: z.int().meta({ description: 'Dead letters that were sent again' }),
    excluded: z.int().meta({ description: 'Dead letters that cannot be sent again and stay as they are' }),
    state: z.enum(['running', 'finished', 'failed']),
    failure: z
      .string()
      .nullable()
      .meta({ description: 'Why it stopped, or why some were excluded; what was not sent is as it was' }),
  })
  .meta({ id: 'Redrive' });

export type Redrive = z.output<typeof redriveView>;
