import { integrationConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { count, platformConfig, port, redisConfig } from '@app/platform';
import { z } from 'zod';

const day = 86_400_000;

export const dispatcherConfig = z
  .object({
    ...platformConfig,
    ...kafkaConfig,
    ...redisConfig,
    ...integrationConfig,
    DISPATCHER_PORT: port(8082).describe('Port of health and metrics'),
    STATSIG_BASE_URL: z.url().default('https://api.statsig.com').describe('Where Statsig’s webhooks are'),
    STATSIG_WEBHOOK_PATH: z
      .string()
      .startsWith('/')
      .default('/v1/webhooks/revenuecat')
      .describe('Path of Statsig’s RevenueCat webhook'),
    STATSIG_EVENTS_URL: z
      .url()
      .default('https://events.statsigapi.net')
      .describe('Where Statsig’s events API is'),
    STATSIG_MAX_IN_FLIGHT: count(64).describe('Most requests in flight per integration and process'),
    STATSIG_BATCH_EVENTS: count(500).describe('Most events in one request of format log_event'),
    STATSIG_BATCH_BYTES: count(1_000_000).describe(
      'Most bytes in one request of format log_event, before gzip',
    ),
    STATSIG_LINGER_MS: count(10, 0).describe('How long a log_event request that is not full waits for more'),
    STATSIG_CONNECT_TIMEOUT_MS: count(3_000).describe('Longest wait for a connection'),
    STATSIG_ANSWER_TIMEOUT_MS: count(10_000).describe('Longest wait for an answer'),
    STATSIG_BODY_TIMEOUT_MS: count(5_000).describe('Longest silence within an answer'),
    STATSIG_SLOW_ANSWER_MS: count(5_000).describe(
      'An answer slower than this makes the dispatcher ask less at once',
    ),
    RETRY_BASE_MS: count(200).describe('Longest wait before the second attempt; doubles with each'),
    RETRY_CAP_MS: count(30_000).describe('Longest wait between attempts'),
    RETRY_AFTER_CAP_MS: count(300_000).describe('Longest wait that a Retry-After may ask for'),
    RETRY_LIMIT: count(20).describe(
      'Failures of one event, while others are accepted, before it is a dead letter; an outage does not count',
    ),
    IF_MAYBE_DELIVERED: z
      .enum(['retry', 'dead_letter'])
      .default('retry')
      .describe(
        'Where Statsig’s answer was lost: send again (may repeat), or leave it to a person (never repeats)',
      ),
    BREAKER_FAILURES: count(10).describe(
      'Failures in a row that stop requests to Statsig until a probe is accepted',
    ),
    BREAKER_CAP_MS: count(30_000).describe('Longest wait between probes'),
    SUSPENSION_CAP_MS: count(60_000).describe(
      'Longest wait between probes of an integration that Statsig refuses',
    ),
    LEASE_MS: count(60_000).describe(
      'How long another process waits for one that has claimed an event and vanished',
    ),
    DEDUPLICATION_WINDOW_MS: count(30 * day).describe('How long a delivered event id is remembered'),
    TOPIC_RETENTION_MS: topicConfig.TOPIC_RETENTION_MS,
    TOPIC_PARKED_RETENTION_MS: count(30 * day).describe(
      'How long events of a project that Statsig does not take are kept',
    ),
    DISPATCHER_UNSETTLED_RECORDS: count(3_000).describe(
      'With more events in hand, a partition is paused until half of them are dealt with; where there are several projects, slow ones make room before that',
    ),
    DISPATCHER_UNSETTLED_BYTES: count(16 * 1024 * 1024).describe(
      'With more bytes in hand, a partition is paused until half of them are dealt with',
    ),
  })
  .refine((config) => config.LEASE_MS >= 3 * longestRequestMs(config), {
    path: ['LEASE_MS'],
    message:
      'A lease must be at least three times as long as the timeouts of a request together, or a slow event could be delivered twice.',
  })
  .refine(
    ({ DEDUPLICATION_WINDOW_MS, TOPIC_RETENTION_MS }) => DEDUPLICATION_WINDOW_MS >= TOPIC_RETENTION_MS,
    {
      path: ['DEDUPLICATION_WINDOW_MS'],
      message:
        'Delivered ids must be remembered for as long as Kafka keeps deliveries (TOPIC_RETENTION_MS), or reading again could deliver again.',
    },
  );

export type DispatcherConfig = z.output<typeof dispatcherConfig>;

function longestRequestMs(config: {
  STATSIG_CONNECT_TIMEOUT_MS: number;
  STATSIG_ANSWER_TIMEOUT_MS: number;
  STATSIG_BODY_TIMEOUT_MS: number;
}): number {
  return (
    config.STATSIG_CONNECT_TIMEOUT_MS + config.STATSIG_ANSWER_TIMEOUT_MS + config.STATSIG_BODY_TIMEOUT_MS
  );
}
