import { z } from 'zod';
import { reasonExplanation } from './events';
import { readyIntegration } from './integrations';
import { epochMs, milliseconds } from './time-fields';

const stageBacklog = z
  .object({
    stage: z.enum(['mapper', 'dispatcher', 'console']),
    records: z.int().nullable().meta({ description: 'Null if it could not be read' }),
  })
  .meta({ id: 'StageBacklog', description: 'Number of records that wait before a stage' });

const flowCounts = z
  .object({
    received: z.int(),
    delivered: z.int(),
    duplicate: z.int(),
    filtered: z.int(),
    retrying: z.int().meta({ description: 'Attempts that failed and will be retried' }),
    dead_lettered: z.int(),
  })
  .meta({ id: 'FlowCounts' });

const flowPoint = flowCounts
  .extend({ atMs: epochMs })
  .meta({ id: 'FlowPoint', description: 'Counts from this time to the time of the next point' });

const latencyPercentiles = z
  .object({ p50: milliseconds.nullable(), p95: milliseconds.nullable(), p99: milliseconds.nullable() })
  .meta({
    id: 'LatencyPercentiles',
    description: 'From arrival to acceptance by Statsig; null if nothing was delivered',
  });

const latencyPoint = latencyPercentiles.extend({ atMs: epochMs }).meta({ id: 'LatencyPoint' });

const skippedRecords = z
  .object({
    topic: z.string(),
    count: z.int(),
    partition: z.int(),
    offset: z.int(),
    atMs: epochMs,
    error: z.string(),
  })
  .meta({
    id: 'SkippedRecords',
    description:
      'Records of a topic that could not be stored and are not shown; partition, offset, time and error of the latest',
  });

const rejectedWebhooks = z
  .object({
    projectId: z.string().meta({ description: '`unknown` if the project in the URL does not exist' }),
    outcome: z.string().meta({ description: 'As in the metric rcstatsig_ingest_requests_total' }),
    title: z
      .string()
      .meta({ description: 'The outcome in words; the code if this version does not know it' }),
    explanation: reasonExplanation,
    count: z.int().meta({ description: 'In the last 24 hours' }),
    lastAtMs: epochMs,
    detail: z.string().meta({ description: 'What was wrong with the latest one, and what to compare' }),
  })
  .meta({ id: 'RejectedWebhooks' });

export const overviewView = z
  .object({
    nowMs: epochMs,
    flow: z.array(flowPoint),
    totals: flowCounts,
    latency: z.object({ whole: latencyPercentiles, points: z.array(latencyPoint) }),
    backlog: z.array(stageBacklog),
    openDeadLetters: z.int(),
    integrations: z
      .array(
        readyIntegration.pick({ projectId: true, health: true }).extend({
          waiting: z.int().nullable().meta({
            description:
              'Events that wait for delivery; null if unknown, or if there is no deliveries topic yet',
          }),
        }),
      )
      .nullable()
      .meta({ description: 'Null if unknown, because Redis does not respond' }),
    rejectedWebhooks: z
      .array(rejectedWebhooks)
      .nullable()
      .meta({ description: 'The latest first; null if unknown, because Redis does not respond' }),
    skippedRecords: z.array(skippedRecords).meta({ description: 'The latest first' }),
  })
  .meta({ id: 'Overview' });

export type StageBacklog = z.output<typeof stageBacklog>;
export type FlowCounts = z.output<typeof flowCounts>;
export type FlowPoint = z.output<typeof flowPoint>;
export type LatencyPercentiles = z.output<typeof latencyPercentiles>;
export type LatencyPoint = z.output<typeof latencyPoint>;
export type Overview = z.output<typeof overviewView>;
