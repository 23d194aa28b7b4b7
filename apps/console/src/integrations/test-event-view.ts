import { type Verdict } from '@app/delivery';
import { z } from 'zod';
import { milliseconds } from '../http/time-fields';

export const testEventResult = z
  .object({
    verdict: z.enum(['accepted', 'retry', 'reject', 'suspend']) satisfies z.ZodType<Verdict['kind']>,
    meaning: z
      .string()
      .meta({ description: 'For a person: what Statsig’s answer means for the integration' }),
    status: z.int().nullable().meta({ description: 'HTTP status; null: there was no answer' }),
    answer: z.string(),
    latencyMs: milliseconds,
    sent: z.string().meta({ description: 'What was sent, as JSON text' }),
  })
  .meta({ id: 'TestEventResult', description: 'What Statsig said to a test event' });

export type TestEventResult = z.output<typeof testEventResult>;
