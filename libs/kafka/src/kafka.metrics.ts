import { Counter, Gauge, Histogram } from 'prom-client';

export const producedRecords = new Counter({
  name: 'rcstatsig_kafka_producer_records_total',
  help: 'Records that all in-sync replicas have acknowledged',
  labelNames: ['topic'],
});

export const producedBytes = new Counter({
  name: 'rcstatsig_kafka_producer_bytes_total',
  help: 'Size of the acknowledged records: key, value and headers, uncompressed',
  labelNames: ['topic'],
});

export const produceSeconds = new Histogram({
  name: 'rcstatsig_kafka_producer_request_duration_seconds',
  help: 'Duration of produce requests, including failed ones',
  labelNames: ['topic'],
  buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

export const produceFailures = new Counter({
  name: 'rcstatsig_kafka_producer_failures_total',
  help: 'Produce requests that failed, by cause. All but too_large are retried',
  labelNames: ['topic', 'cause'],
});

export const consumedRecords = new Counter({
  name: 'rcstatsig_kafka_consumer_records_total',
  help: 'Records read from Kafka, including records that are read again',
  labelNames: ['topic'],
});

export const consumerRestarts = new Counter({
  name: 'rcstatsig_kafka_consumer_restarts_total',
  help: 'Consumers that were replaced after a failure',
  labelNames: ['topic'],
});

export const oversizedBatches = new Counter({
  name: 'rcstatsig_kafka_oversized_batches_total',
  help: 'Compressed batches that were skipped because they would exceed 64 MiB when decompressed',
  labelNames: ['topic'],
});

export const commitFailures = new Counter({
  name: 'rcstatsig_kafka_commit_failures_total',
  help: 'Failed offset commits; uncommitted records are read again after a restart',
  labelNames: ['topic'],
});

export const unreadRecordsDeleted = new Counter({
  name: 'rcstatsig_kafka_unread_records_deleted_total',
  help: 'Offsets that no longer existed when the consumer came to them: retention or an operator deleted the records',
  labelNames: ['topic'],
});

const backlogLabels = ['consumer', 'topic', 'project'] as const;

export const lag = new Gauge({
  name: 'rcstatsig_kafka_consumer_lag_records',
  help: 'Records between the committed offsets and the ends of all partitions of the topic, including those that are not read. Exported by the console',
  labelNames: backlogLabels,
});

export const oldestWaitingSeconds = new Gauge({
  name: 'rcstatsig_kafka_consumer_oldest_waiting_age_seconds',
  help: 'Age of the oldest record whose offset is not committed, accurate to a minute; 0 if there is none. Exported by the console',
  labelNames: backlogLabels,
});

export const backlogReadAt = new Gauge({
  name: 'rcstatsig_kafka_backlog_read_timestamp_seconds',
  help: 'Unix time at which the console last read lag and age from Kafka, or at which it started; 0 in other apps',
});

export const retentionSeconds = new Gauge({
  name: 'rcstatsig_kafka_topic_retention_seconds',
  help: 'Time after which Kafka deletes the records of the topic (retention.ms); absent if it keeps them. Exported by the console',
  labelNames: ['topic'],
});

export const unsafeSetting = new Gauge({
  name: 'rcstatsig_kafka_unsafe_setting',
  help: '1: with this setting of the topic, the loss of one broker can lose acknowledged records. Exported by the console',
  labelNames: ['topic', 'setting'],
});
