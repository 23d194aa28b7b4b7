import { Counter, Gauge } from 'prom-client';

export const producerRetries = new Counter({
  name: 'kafka_producer_retries_total',
  help: 'Produce requests that were retried',
  labelNames: ['topic'],
});

export const consumerRestarts = new Counter({
  name: 'kafka_consumer_restarts_total',
  help: 'Consumers that were replaced after a failure',
  labelNames: ['topic'],
});

export const oversizedBatches = new Counter({
  name: 'kafka_oversized_batches_total',
  help: 'Compressed batches that were skipped because they would exceed 64 MiB when decompressed',
  labelNames: ['topic'],
});

export const commitFailures = new Counter({
  name: 'kafka_commit_failures_total',
  help: 'Failed offset commits; uncommitted records are read again after a restart',
  labelNames: ['topic'],
});

export const lag = new Gauge({
  name: 'kafka_consumer_lag_records',
  help: 'Records between the committed offset and the end of the partition',
  labelNames: ['topic', 'partition'],
});

export const oldestUnacknowledged = new Gauge({
  name: 'kafka_consumer_oldest_unacked_age_seconds',
  help: 'Age of the oldest record whose offset is not committed: of those being handled, or of all if no consumer reads the topic; 0 if there is none',
  labelNames: ['topic'],
});
