import { quantile } from '../quantile';

export interface Phase {
  what: string;
  /** For each event of the phase, the time from its arrival to its delivery. */
  waitedMs: readonly number[];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);

/** The contents of bench/results/rebalance.md. */
export function report(
  phases: readonly Phase[],
  { eventsPerSecond, customers }: { eventsPerSecond: number; customers: number },
): string {
  const rows = phases.map(({ what, waitedMs }) => {
    const at = (share: number): string => seconds(quantile(waitedMs, share));
    const late = waitedMs.filter((ms) => ms > 1_000).length / waitedMs.length;
    return `| ${what} | ${String(waitedMs.length)} | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${(100 * late).toFixed(1)} % |`;
  });
  return `# Cost of a rebalance

${String(eventsPerSecond)} events per second of ${String(customers)} customers, format \`revenuecat\`, Statsig responds in 5 to 50 ms. Times are in seconds from the arrival of an event to its delivery, for events that arrive from that moment on.

| what happens | events | median | 99 % | longest | over 1 s |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`;
}
