import { Counter, Histogram } from 'prom-client';

export const outcomes = new Counter({
  name: 'rcstatsig_mapper_outcomes_total',
  help: 'Events, and sides of transfers, by outcome: mapped (a delivery), filtered or dead_lettered. The project is "unknown" if it has no integration, or if the record is not an event',
  labelNames: ['project', 'outcome', 'reason'],
});

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export const batchSeconds = new Histogram({
  name: 'rcstatsig_mapper_batch_duration_seconds',
  help: 'Time from receiving a batch of events to the acknowledgement of its deliveries, by result; error: the batch is retried',
  labelNames: ['result'],
  buckets,
});

export const profileSeconds = new Histogram({
  name: 'rcstatsig_mapper_profiles_duration_seconds',
  help: 'Time to find and merge the customer profiles of a batch in Redis, including lookups in RevenueCat',
  buckets,
});

export const lookups = new Counter({
  name: 'rcstatsig_mapper_lookups_total',
  help: 'Customers of projects that look customers up in RevenueCat, by outcome: known (they have a profile, so no request is made), found, absent (unknown to RevenueCat), unavailable (RevenueCat did not return them in time, or the request budget is used up)',
  labelNames: ['project', 'outcome'],
});
