import { Counter, Histogram } from 'prom-client';

export const deadLetters = new Counter({
  name: 'rcstatsig_dead_letters_total',
  help: 'Dead letters by the stage that wrote them and their reason',
  labelNames: ['stage', 'project', 'reason'],
});

export const ledgerSeconds = new Histogram({
  name: 'rcstatsig_ledger_operation_duration_seconds',
  help: 'Duration of calls to the ledger in Redis, by operation and result; error: at least one of the events failed',
  labelNames: ['operation', 'result'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
