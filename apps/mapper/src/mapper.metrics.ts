import { Counter } from 'prom-client';

export const recordsDropped = new Counter({
  name: 'mapper_records_dropped_total',
  help: 'Receipts and dead letters that Kafka refuses for good, so that there is no trace of an event except in the log',
  labelNames: ['topic'],
});
