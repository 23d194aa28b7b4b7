import { type Verdict } from '@app/delivery';
import { z } from 'zod';
import { milliseconds } from '../http/time-fields';

export const testEventResult = z
  .object({
    verdict: z.enum(['accepted', 'retry', 'reject', 'suspend']) satisfies z.ZodType<Verdict['kind']>,
    meaning: z.string().meta({ description: 'What the response of Statsig means for the integration' }),
    status: z.int().nullable().meta({ description: 'HTTP status; null if there was no response' }),
    answer: z.string().meta({ description: 'Body of the response, or the error if there was none' }),
    latencyMs: milliseconds,
    sent: z.string().meta({ description: 'The event that was sent, as JSON text' }),
  })
  .meta({ id: 'TestEventResult', description: 'The response of Statsig to a test event' });

export type TestEventResult = z.output<typeof testEventResult>;
