import { type LoadResult } from './load';
import { median } from '../quantile';

export interface Run extends LoadResult {
  name: string;
  /** Processor time of the server per request. */
  microseconds: number;
}

export interface Circumstances {
  connections: number;
  /** Duration of a run. */
  seconds: number;
  bodyBytes: number;
  /** Records in Kafka after the runs. */
  written: number;
}

const targetRatio = 0.6;

/** The columns behind the name of the server. */
const columns: { pick: (run: Run) => number; digits: number }[] = [
  { pick: (run) => run.requestsPerSecond, digits: 0 },
  { pick: (run) => run.p50Ms, digits: 1 },
  { pick: (run) => run.p99Ms, digits: 1 },
  { pick: (run) => run.microseconds, digits: 0 },
];

/** The report. Absolute figures depend on the machine and its load; the ratios are comparable. */
export function report(
  runs: readonly Run[],
  { connections, seconds, bodyBytes, written }: Circumstances,
): string {
  const of = (name: string, pick: (run: Run) => number): number =>
    median(runs.filter((run) => run.name === name).map(pick));
  const row = (title: string, name: string): string =>
    [title, ...columns.map(({ pick, digits }) => of(name, pick).toFixed(digits))].join(' | ');
  const ratioRow = (title: string, other: string): string =>
    [title, ...columns.map(({ pick }) => (of('ingest', pick) / of(other, pick)).toFixed(2))].join(' | ');
  const bareRuns = runs.filter(({ name }) => name === 'bare');
  const ratios = runs
    .filter(({ name }) => name === 'ingest')
    .map((run, i) => run.requestsPerSecond / (bareRuns[i]?.requestsPerSecond ?? NaN));
  return `# Webhook endpoint throughput

ingest runs as deployed, in a separate process: it checks the Authorization value, reads and validates the event, and responds with 200 once Kafka (acks=all) has it. It is compared with a bare Fastify route in another process, which parses the same body and responds, and with the same route that also writes the body to Kafka with the producer of ingest before it responds, and checks nothing. The same client (autocannon) sends the same bodies to all, of ${bodyBytes} bytes over ${connections} connections. Medians of ${ratios.length} alternating runs of ${seconds} s. Servers, client, Kafka (one broker) and Redis share the cores of the machine.

| server | requests/s | p50, ms | p99, ms | processor time per request, µs |
| --- | ---: | ---: | ---: | ---: |
| ${row('ingest', 'ingest')} |
| ${row('bare Fastify route', 'bare')} |
| ${row('bare Fastify route that writes to Kafka', 'bare and Kafka')} |
| ${ratioRow('ingest ÷ bare', 'bare')} |
| ${ratioRow('ingest ÷ bare that writes to Kafka', 'bare and Kafka')} |

The target for requests/s, ingest ÷ bare, is ${targetRatio}. Ratios of single runs: ${ratios.map((one) => one.toFixed(2)).join(', ')}. Afterwards ${written.toLocaleString('en-US')} records were in Kafka: at least one for each response with 200.
`;
}
