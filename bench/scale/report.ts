import { type DeliveryFormat } from '@app/delivery';

export interface ScaleResult {
  dispatchers: number;
  /** Events per second of all dispatchers together. */
  rate: number;
  /** Processor time of all dispatchers per event. */
  cpuMicros: number | undefined;
}

export interface Circumstances {
  latencyMs: number;
  eventsPerDispatcher: number;
  partitions: number;
  format: DeliveryFormat;
}

/** The default of STATSIG_MAX_IN_FLIGHT. */
const requestsInFlight = 64;

export function report(
  results: readonly ScaleResult[],
  { latencyMs, eventsPerDispatcher, partitions, format }: Circumstances,
): string {
  const [first] = results;
  const perDispatcher = ({ rate, dispatchers }: ScaleResult): number => rate / dispatchers;
  const littlesLimit = requestsInFlight / (latencyMs / 1_000);
  const isOnePerRequest = format === 'revenuecat';
  const rows = results.map((result) =>
    [
      result.dispatchers,
      result.rate.toFixed(0),
      perDispatcher(result).toFixed(0),
      (perDispatcher(result) / perDispatcher(first ?? result)).toFixed(2),
      isOnePerRequest ? (perDispatcher(result) / littlesLimit).toFixed(2) : '–',
      result.cpuMicros?.toFixed(0) ?? 'not measured',
    ].join(' | '),
  );
  return `# Scaling of dispatchers

Dispatchers drain a backlog of ${String(eventsPerDispatcher)} deliveries each, in format \`${format}\`, from ${String(partitions)} partitions, while Statsig responds after ${String(latencyMs)} ms. All dispatchers have joined before the backlog is written. Dispatchers, Kafka, Redis and the receiver share the cores of the machine.

| dispatchers | events/s | events/s of each | of each, first row = 1 | of each ÷ Little's limit | processor time per event, µs |
| ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join('\n')}

Little's limit of a dispatcher is the number of requests in flight (${String(requestsInFlight)}) × events in a request ÷ latency${isOnePerRequest ? `: ${littlesLimit.toFixed(0)} events/s` : '; events in a request vary in this format'}.
`;
}
