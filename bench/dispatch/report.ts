import Table from 'cli-table3';
import { median } from '../quantile';

export interface Measurement {
  name: string;
  /** Events per second. */
  rate: number;
}

export interface Circumstances {
  events: number;
  naiveEvents: number;
  inFlight: number;
  batch: number;
  latencyMs: number;
  /** Redis bytes per event id. */
  ledger: number;
  otherCommit: string | undefined;
}

/** The report, with medians, and ratios of each run compared with their targets. */
export function report(measurements: readonly Measurement[], circumstances: Circumstances): string {
  const { events, naiveEvents, inFlight, batch, latencyMs, ledger, otherCommit } = circumstances;
  const of = (name: string): number =>
    median(measurements.filter((one) => one.name === name).map(({ rate }) => rate));
  const ratio = (a: string, b: string): number => of(a) / of(b);
  const littles = inFlight / (latencyMs / 1_000);
  const rows: [string, number, string][] = [
    [
      'log_event, 0 ms: dispatcher ÷ naive implementation',
      ratio('log_event 0 ms: dispatcher', 'log_event 0 ms: naive implementation'),
      '15',
    ],
    [
      'log_event, 0 ms: dispatcher ÷ bare client',
      ratio('log_event 0 ms: dispatcher', 'log_event 0 ms: bare client'),
      '0.2',
    ],
    [
      'log_event, 0 ms: dispatcher ÷ Kafka alone',
      ratio('log_event 0 ms: dispatcher', 'log_event 0 ms: Kafka alone'),
      '0.5',
    ],
    [
      'log_event, 0 ms: Kafka alone ÷ bare client',
      ratio('log_event 0 ms: Kafka alone', 'log_event 0 ms: bare client'),
      '',
    ],
    [
      'revenuecat, 0 ms: dispatcher ÷ naive implementation',
      ratio('revenuecat 0 ms: dispatcher', 'revenuecat 0 ms: naive implementation'),
      '15',
    ],
    [
      'revenuecat, 0 ms: dispatcher ÷ bare client',
      ratio('revenuecat 0 ms: dispatcher', 'revenuecat 0 ms: bare client'),
      '0.4',
    ],
    [
      'log_event, 0 ms: one partition ÷ 12',
      ratio('log_event 0 ms: dispatcher of one partition', 'log_event 0 ms: dispatcher'),
      '',
    ],
    [
      'revenuecat, 0 ms: one partition ÷ 12',
      ratio('revenuecat 0 ms: dispatcher of one partition', 'revenuecat 0 ms: dispatcher'),
      '',
    ],
    [
      'log_event, 100 ms: dispatcher ÷ bare client',
      ratio('log_event 100 ms: dispatcher', 'log_event 100 ms: bare client'),
      '',
    ],
    [
      'revenuecat, 100 ms: dispatcher ÷ bare client',
      ratio('revenuecat 100 ms: dispatcher', 'revenuecat 100 ms: bare client'),
      '',
    ],
    [
      'revenuecat, 100 ms: dispatcher ÷ naive implementation',
      ratio('revenuecat 100 ms: dispatcher', 'revenuecat 100 ms: naive implementation'),
      '',
    ],
    ["revenuecat, 100 ms: dispatcher ÷ Little's limit", of('revenuecat 100 ms: dispatcher') / littles, '0.9'],
    [
      'revenuecat, 100 ms: efficiency of 4 dispatchers',
      ratio('revenuecat 100 ms: 4 dispatchers', 'revenuecat 100 ms: dispatcher') / 4,
      '0.9',
    ],
  ];
  if (otherCommit !== undefined)
    for (const format of ['log_event', 'revenuecat'])
      rows.push([
        `${format}, 0 ms: dispatcher ÷ dispatcher of ${otherCommit}`,
        ratio(`${format} 0 ms: dispatcher`, `${format} 0 ms: dispatcher of the other commit`),
        '1',
      ]);
  const table = new Table({
    head: ['ratio', 'measured', 'target'],
    style: { head: [], border: [] },
    chars: markdownBorders,
  });
  table.push(['---', '---', '---']);
  for (const [name, value, wanted] of rows) table.push([name, value.toFixed(2), wanted]);
  table.push(['Redis bytes per event id', ledger.toFixed(0), 'at most 150']);
  const rates = [...new Set(measurements.map(({ name }) => name))].map(
    (name) => `- ${name}: ${of(name).toFixed(0)} events/s`,
  );
  return `# Dispatcher throughput

A backlog of ${String(events)} deliveries is drained (${String(naiveEvents)} by the naive implementation), ${String(inFlight)} requests in flight, ${String(batch)} events per request of \`log_event\`. Medians of alternating runs. At 100 ms in format \`revenuecat\` the backlog is smaller, and the dispatchers have joined before it is written. Client, sink, Kafka and Redis share the machine's cores; the bare client shares them only with the sink. "Kafka alone" only reads each record with kafkajs and writes a receipt for it.

${table.toString()}

${rates.join('\n')}
`;
}

const markdownBorders = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '|', right: '|', middle: '|', mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '',
}; // prettier-ignore
