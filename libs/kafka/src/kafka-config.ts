import { count, list, secret } from '@app/platform';
import { z } from 'zod';

const day = 86_400_000;

/** Settings of every app that talks to Kafka. */
export const kafkaConfig = {
  KAFKA_BROKERS: list().prefault('127.0.0.1:9092').describe('Bootstrap brokers, comma-separated host:port'),
  KAFKA_CLIENT_ID: z
    .string()
    .optional()
    .describe('Client id in the brokers’ logs; the app’s name unless set'),
  KAFKA_TOPIC_PREFIX: z.string().default('').describe('Put before every topic and group name'),
  KAFKA_SSL: z.stringbool().default(false).describe('Connect with TLS'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('SASL mechanism'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('SASL user'),
  KAFKA_SASL_PASSWORD: secret(z.string().optional().describe('SASL password')),
};

export const topicConfig = {
  TOPIC_PARTITIONS: count(12).describe(
    'Partitions of each topic: the maximum number of instances of an app that can share the work',
  ),
  TOPIC_REPLICATION_FACTOR: count(1).describe('Replicas of each partition; 3 in production'),
  TOPIC_MIN_INSYNC_REPLICAS: count(1).describe(
    'Replicas that must have a record before it is acknowledged; 2 in production',
  ),
  TOPIC_RETENTION_MS: count(7 * day).describe('Retention of events and receipts'),
  TOPIC_DELIVERIES_RETENTION_MS: count(30 * day).describe(
    'Retention of deliveries: how long a project may go undelivered without losing events',
  ),
  TOPIC_DEAD_LETTER_RETENTION_MS: count(30 * day).describe('Retention of dead letters'),
  TOPIC_SEGMENT_MS: count(day).describe(
    'Maximum age of a log segment: records outlive their retention by up to this long',
  ),
  // The smallest limit of a service that speaks Kafka's protocol is 256 KiB; a delivery has up to 64 KiB beside its event.
  TOPIC_MAX_MESSAGE_BYTES: count(10 * 1024 * 1024, 256 * 1024).describe('Maximum size of a record'),
};

export type KafkaConfig = z.output<z.ZodObject<typeof kafkaConfig>>;
export type TopicConfig = z.output<z.ZodObject<typeof topicConfig>>;
