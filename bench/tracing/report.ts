import { median } from '../quantile';

export interface TracingResult {
  /** Share of the traces that are written; undefined: tracing is off. */
  ratio: number | undefined;
  /** Processor time of an event in all apps together, in microseconds, of each run. */
  cpuMicros: number[];
  /** Requests that the collector received. */
  requests: number;
}

export function report(
  results: readonly TracingResult[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): string {
  const off = results.find(({ ratio }) => ratio === undefined);
  const rows = results.map(({ ratio, cpuMicros, requests }) => {
    // Runs in turn are compared with each other, because the speed of a machine changes over time.
    const ratios = cpuMicros.map((micros, run) => micros / (off?.cpuMicros[run] ?? NaN));
    const cells = [
      ratio === undefined ? 'off' : `${String(100 * ratio)} %`,
      median(cpuMicros).toFixed(0),
      median(ratios).toFixed(3),
      `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
      String(requests),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `# Cost of tracing

Webhooks pass through the whole pipeline at ${String(perSecond)} events per second for ${String(seconds)} s, ${String(off?.cpuMicros.length ?? 0)} times with each setting, in turn. The processor time is that of ingest, mapper, dispatcher and console together. Each run is compared with the run without tracing of the same turn.

| traces | processor time of an event, µs (median) | ÷ off (median) | ÷ off (single runs) | requests to the collector |
| ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`;
}
