import { integrationConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { count, platformConfig, port, redisConfig } from '@app/platform';
import { statsigConfig } from '@app/statsig';
import { z } from 'zod';

const day = 86_400_000;

export const dispatcherConfig = z
  .object({
    ...platformConfig,
    ...kafkaConfig,
    ...topicConfig,
    ...redisConfig,
    ...integrationConfig,
    ...statsigConfig,
    DISPATCHER_PORT: port(8082).describe('Port of health and metrics'),
    STATSIG_MAX_IN_FLIGHT: count(64).describe(
      'Maximum number of requests in flight per integration and process',
    ),
    STATSIG_BATCH_EVENTS: count(500).describe('Maximum number of events in one request of format log_event'),
    STATSIG_BATCH_BYTES: count(1_000_000).describe(
      'Maximum size of one request of format log_event, before gzip',
    ),
    STATSIG_LINGER_MS: count(10, 0).describe(
      'Maximum wait for more events before a partly filled log_event request is sent',
    ),
    STATSIG_CONNECT_TIMEOUT_MS: count(3_000).describe('Connect timeout'),
    STATSIG_REQUEST_TIMEOUT_MS: count(15_000).describe(
      'Request timeout: from the request for a connection to the end of the response',
    ),
    STATSIG_SLOW_ANSWER_MS: count(5_000).describe(
      'Response time above which the dispatcher reduces its concurrent requests',
    ),
    RETRY_BASE_MS: count(200).describe(
      'Maximum wait before the second attempt; doubles with each further one',
    ),
    RETRY_CAP_MS: count(30_000).describe('Maximum wait between attempts'),
    RETRY_AFTER_CAP_MS: count(300_000).describe('Maximum wait accepted from a Retry-After header'),
    RETRY_LIMIT: count(20).describe(
      'Maximum number of failed attempts of one event, while others are accepted, before it becomes a dead letter; an outage does not count',
    ),
    REJECTION_LIMIT: count(10).describe(
      'Maximum number of rejected events in a row, with none accepted, before the integration is suspended instead of writing more dead letters',
    ),
    IF_MAYBE_DELIVERED: z
      .enum(['retry', 'dead_letter'])
      .default('retry')
      .describe(
        'After a lost response from Statsig: send the event again (may repeat it), or make it a dead letter (never repeats it)',
      ),
    BREAKER_FAILURES: count(10).describe(
      'Number of failures in a row after which requests to Statsig stop until a probe is accepted',
    ),
    BREAKER_CAP_MS: count(30_000).describe('Maximum interval between probes'),
    SUSPENSION_CAP_MS: count(60_000).describe('Maximum interval between probes of a suspended integration'),
    LEASE_MS: count(60_000).describe(
      'Lease of a claimed event: if its process stops, another one can send the event after this time',
    ),
    DEDUPLICATION_WINDOW_MS: count(40 * day).describe('Retention of delivered event ids, for deduplication'),
    DISPATCHER_MEMORY_BYTES: count(32 * 1024 * 1024).describe(
      'Memory for events in flight, shared by active projects',
    ),
  })
  .refine((config) => config.LEASE_MS >= 3 * config.STATSIG_REQUEST_TIMEOUT_MS, {
    path: ['LEASE_MS'],
    message:
      'A lease must be at least three times as long as STATSIG_REQUEST_TIMEOUT_MS, or a slow event could be delivered twice.',
  })
  .refine((config) => config.DEDUPLICATION_WINDOW_MS >= longestWaitMs(config), {
    path: ['DEDUPLICATION_WINDOW_MS'],
    message:
      'Delivered ids must be remembered for as long as a copy of the event can wait in Kafka: for TOPIC_RETENTION_MS plus ' +
      'TOPIC_DELIVERIES_RETENTION_MS, each plus TOPIC_SEGMENT_MS, because a copy waits in both topics, one after the other; ' +
      'and for TOPIC_DEAD_LETTER_RETENTION_MS plus TOPIC_SEGMENT_MS. Otherwise an event could be delivered again.',
  });

export type DispatcherConfig = z.output<typeof dispatcherConfig>;

/** How long Kafka may keep a copy of an event before it is delivered or, as a dead letter, redriven. */
function longestWaitMs(config: {
  TOPIC_RETENTION_MS: number;
  TOPIC_DELIVERIES_RETENTION_MS: number;
  TOPIC_DEAD_LETTER_RETENTION_MS: number;
  TOPIC_SEGMENT_MS: number;
}): number {
  const segmentMs = config.TOPIC_SEGMENT_MS;
  return Math.max(
    config.TOPIC_RETENTION_MS + segmentMs + config.TOPIC_DELIVERIES_RETENTION_MS + segmentMs,
    config.TOPIC_DEAD_LETTER_RETENTION_MS + segmentMs,
  );
}
