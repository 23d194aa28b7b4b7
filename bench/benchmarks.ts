export interface Benchmark {
  /** Folder of its main.ts. */
  name: string;
  description: string;
  /** Arguments with which `npm run bench` runs it; absent if it takes too long for the set. */
  inSet?: readonly string[];
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'ingest',
    description: 'accepted webhooks per second, compared with a bare Fastify route',
    inSet: ['--runs', '3'],
  },
  {
    name: 'pipeline',
    description:
      'latency from webhook to Statsig, sustained rate, drain rate, and cost of an event in each app',
    inSet: [],
  },
  {
    name: 'scale',
    description: 'drain rate of 1, 2, 4 and 8 dispatchers while Statsig responds after 100 ms',
    inSet: [],
  },
  {
    name: 'growth',
    description: 'cost of an event at 10 thousand, 1 million and 3 million known customers',
    inSet: ['--known', '10000,1000000'],
  },
  { name: 'profile', description: 'flame graph of each app under load and while it drains a backlog' },
  { name: 'dispatch', description: 'drain rate of a dispatcher, compared with other implementations' },
  { name: 'mapper', description: 'cost of an event in the mapper alone, without Kafka' },
  { name: 'console', description: 'response times of the pages, and reading a backlog' },
  { name: 'reconcile', description: 'time and memory of reconciling an export, without Kafka' },
  { name: 'memory', description: 'memory of mapper, dispatcher and console under a limit; requires root' },
  { name: 'tracing', description: 'processor time of an event with and without tracing' },
  { name: 'rebalance', description: 'waiting time of events when a dispatcher joins, leaves or is killed' },
];
