import { Counter, Gauge } from 'prom-client';

export const producerRetries = new Counter({
  name: 'kafka_producer_retries_total',
  help: 'Produce requests that were repeated',
  labelNames: ['topic'],
});

export const consumerRestarts = new Counter({
  name: 'kafka_consumer_restarts_total',
  help: 'Consumer objects that were replaced after a failure',
  labelNames: ['topic'],
});

export const oversizedBatches = new Counter({
  name: 'kafka_oversized_batches_total',
  help: 'Compressed batches that were skipped, since they would have unpacked to more than 64 MiB',
  labelNames: ['topic'],
});

export const commitFailures = new Counter({
  name: 'kafka_commit_failures_total',
  help: 'Offset commits that failed; what is not committed is read again after a restart',
  labelNames: ['topic'],
});

export const lag = new Gauge({
  name: 'kafka_consumer_lag_records',
  help: 'Records between the committed offset and the end of the partition',
  labelNames: ['topic', 'partition'],
});

export const oldestUnacknowledged = new Gauge({
  name: 'kafka_consumer_oldest_unacked_age_seconds',
  help: 'Age of the oldest record whose offset is not committed: of those in hand, or of all if no consumer reads the topic; 0 if there is none',
  labelNames: ['topic'],
});
