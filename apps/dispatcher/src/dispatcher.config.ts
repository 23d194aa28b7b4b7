import { integrationConfig } from '@app/integrations';
import { kafkaConfig, type TopicConfig, topicConfig } from '@app/kafka';
import {
  count,
  duration,
  formatDuration,
  maxTimer,
  platformConfig,
  port,
  redisConfig,
  tracingConfig,
} from '@app/platform';
import { statsigConfig } from '@app/statsig';
import { z } from 'zod';

export const dispatcherConfig = z
  .object({
    ...platformConfig,
    ...tracingConfig,
    ...kafkaConfig,
    ...topicConfig,
    ...redisConfig,
    ...integrationConfig,
    ...statsigConfig,
    DISPATCHER_PORT: port(8082).describe('Port of /health/live and /health/ready'),
    STATSIG_MAX_IN_FLIGHT: count(64).describe(
      'Maximum number of requests in flight per integration and process',
    ),
    STATSIG_BATCH_EVENTS: count(500).describe('Maximum number of events in one request of format log_event'),
    STATSIG_BATCH_BYTES: count(1_000_000).describe(
      'Maximum size of one request of format log_event, before gzip',
    ),
    STATSIG_LINGER: duration('10ms', { min: '0', max: maxTimer }).describe(
      'Maximum wait for more events before a partly filled log_event request is sent',
    ),
    STATSIG_CONNECT_TIMEOUT: duration('3s', { max: maxTimer }).describe('Connect timeout'),
    STATSIG_REQUEST_TIMEOUT: duration('15s', { max: maxTimer }).describe(
      'Request timeout: from the request for a connection to the end of the response',
    ),
    STATSIG_SLOW_RESPONSE: duration('5s').describe(
      'Response time above which the dispatcher reduces its concurrent requests',
    ),
    DISPATCHER_RETRY_BASE_DELAY: duration('200ms').describe(
      'Maximum wait before the second attempt; doubles with each further one',
    ),
    DISPATCHER_RETRY_MAX_DELAY: duration('30s').describe('Maximum wait between attempts'),
    DISPATCHER_MAX_RETRY_AFTER: duration('5m').describe('Maximum wait accepted from a Retry-After header'),
    DISPATCHER_RETRY_LIMIT: count(20).describe(
      'Maximum number of failed attempts of one event, while others are accepted, before it becomes a dead letter; an outage does not count',
    ),
    DISPATCHER_REJECTION_LIMIT: count(10).describe(
      'Maximum number of rejected events in a row, with none accepted, before the integration is suspended instead of writing more dead letters',
    ),
    DISPATCHER_ON_AMBIGUOUS: z
      .enum(['retry', 'dead_letter'])
      .default('retry')
      .describe(
        'After a lost response from Statsig: send the event again (may repeat it), or make it a dead letter (never repeats it)',
      ),
    DISPATCHER_BREAKER_FAILURES: count(10).describe(
      'Number of failures in a row after which requests to Statsig stop until a probe is accepted',
    ),
    DISPATCHER_BREAKER_MAX_INTERVAL: duration('30s').describe('Maximum interval between probes'),
    DISPATCHER_SUSPENSION_MAX_INTERVAL: duration('1m').describe(
      'Maximum interval between probes of a suspended integration',
    ),
    DISPATCHER_LEASE: duration('1m').describe(
      'Lease of a claimed event: if its process stops, another one can send the event after this time',
    ),
    DISPATCHER_DEDUPLICATION_WINDOW: duration('40d').describe(
      'Retention of delivered event ids, for deduplication',
    ),
    DISPATCHER_MEMORY_BYTES: count(32 * 1024 * 1024).describe(
      'Memory for undelivered events, shared by active projects',
    ),
  })
  .superRefine((config, context) => {
    const minLeaseMs = 3 * config.STATSIG_REQUEST_TIMEOUT;
    if (config.DISPATCHER_LEASE < minLeaseMs)
      context.addIssue({
        code: 'custom',
        path: ['DISPATCHER_LEASE'],
        message: `must be at least ${formatDuration(minLeaseMs)}, which is three times STATSIG_REQUEST_TIMEOUT, or a slow event could be delivered twice.`,
      });
    const minWindowMs = longestWaitMs(config);
    if (config.DISPATCHER_DEDUPLICATION_WINDOW < minWindowMs)
      context.addIssue({
        code: 'custom',
        path: ['DISPATCHER_DEDUPLICATION_WINDOW'],
        message:
          `must be at least ${formatDuration(minWindowMs)}: delivered ids must be remembered for as long as a copy of the event can ` +
          'wait in Kafka, or an event could be delivered again. That is TOPIC_RETENTION plus TOPIC_DELIVERIES_RETENTION, each plus ' +
          'TOPIC_SEGMENT_AGE, because a copy waits in both topics, one after the other; and TOPIC_DEAD_LETTER_RETENTION plus ' +
          'TOPIC_SEGMENT_AGE.',
      });
  });

export type DispatcherConfig = z.output<typeof dispatcherConfig>;

/** How long Kafka may keep a copy of an event before it is delivered or, as a dead letter, redriven. */
function longestWaitMs(config: TopicConfig): number {
  const segmentMs = config.TOPIC_SEGMENT_AGE;
  return Math.max(
    config.TOPIC_RETENTION + segmentMs + config.TOPIC_DELIVERIES_RETENTION + segmentMs,
    config.TOPIC_DEAD_LETTER_RETENTION + segmentMs,
  );
}
