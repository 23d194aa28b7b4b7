import { Counter } from 'prom-client';

export const outcomes = new Counter({
  name: 'mapper_outcomes_total',
  help: 'Events, and sides of transfers, by outcome: mapped (a delivery), filtered or dead_lettered. The project is "unknown" if it has no integration, or if the record is not an event',
  labelNames: ['project', 'outcome', 'reason'],
});
