import { certificates, count, duration, flag, list, privateKey, secret } from '@app/platform';
import { z } from 'zod';

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;

/** Settings of every app that uses Kafka. `kafkaSecurity` checks which ones go together. */
export const kafkaConfig = {
  KAFKA_BROKERS: list().prefault('127.0.0.1:9092').describe('Bootstrap brokers, comma-separated host:port'),
  KAFKA_CLIENT_ID: z
    .string()
    .optional()
    .describe("Client id in the brokers' logs; the app's name by default"),
  KAFKA_TOPIC_PREFIX: z.string().default('').describe('Prefix of all topic and group names'),
  KAFKA_SSL: flag(false).describe('Connect with TLS'),
  KAFKA_SSL_CA: certificates().describe('Private certificate authority of the brokers, as PEM text'),
  KAFKA_SSL_CERT: certificates().describe('Client certificate, as PEM text'),
  KAFKA_SSL_KEY: privateKey().describe('Private key of the client certificate, as PEM text, unencrypted'),
  KAFKA_SASL_MECHANISM: z
    .string()
    .toLowerCase()
    .pipe(z.enum(saslMechanisms))
    .optional()
    .describe(`SASL mechanism: ${saslMechanisms.join(', ')}`),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for PLAIN and SCRAM'),
  KAFKA_SASL_PASSWORD: secret(z.string().optional().describe('Password for PLAIN and SCRAM')),
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^[^/]+\/\/[^/]*@/.test(url), 'Set client id and secret in their own settings.')
    .optional()
    .describe('Token endpoint for OAUTHBEARER (OAuth 2.0 client credentials)'),
  KAFKA_SASL_OAUTHBEARER_CLIENT_ID: z.string().optional().describe('Client id for the token endpoint'),
  KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: secret(
    z.string().optional().describe('Client secret for the token endpoint'),
  ),
  KAFKA_SASL_OAUTHBEARER_SCOPE: z
    .string()
    .optional()
    .describe('Scope to request from the token endpoint, if it requires one'),
  KAFKA_SASL_OAUTHBEARER_EXTENSIONS: list()
    .pipe(z.array(z.string().regex(/^[A-Za-z]+=[\x20-\x7e]*$/, 'must be name=value')))
    .default([])
    .describe('SASL extensions for OAUTHBEARER, comma-separated name=value, as Confluent Cloud requires'),
};

export const topicConfig = {
  TOPIC_PARTITIONS: count(12).describe(
    'Partitions per topic: the maximum number of instances of an app that can share the work',
  ),
  TOPIC_REPLICATION_FACTOR: count(1).describe('Replicas per partition; use 3 in production'),
  TOPIC_MIN_INSYNC_REPLICAS: count(1).describe(
    'Minimum number of replicas that have a record before it is acknowledged; use 2 in production',
  ),
  TOPIC_RETENTION: duration('7d').describe('Retention of events and receipts'),
  TOPIC_DELIVERIES_RETENTION: duration('30d').describe(
    'Retention of deliveries: the maximum time that a project can be undeliverable without losing events',
  ),
  TOPIC_DEAD_LETTER_RETENTION: duration('30d').describe('Retention of dead letters'),
  TOPIC_SEGMENT_AGE: duration('1d').describe(
    'Maximum age of a log segment: records may outlive their retention by up to this time',
  ),
  // The smallest limit of a Kafka-compatible service is 256 KiB; a delivery adds up to 64 KiB to its event.
  TOPIC_MAX_MESSAGE_BYTES: count(10 * 1024 * 1024, 256 * 1024).describe('Maximum size of a record'),
};

export type KafkaConfig = z.output<z.ZodObject<typeof kafkaConfig>>;
export type TopicConfig = z.output<z.ZodObject<typeof topicConfig>>;
