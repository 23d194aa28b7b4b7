import { median } from '../quantile';

export interface TracingResult {
  /** Share of the traces that are written; undefined: tracing is off. */
  ratio: number | undefined;
  /** Processor time of an event in all apps together, in µs, of two pipelines that ran at the same time. */
  pairs: { off: number; traced: number }[];
  /** Requests that the collector received. */
  requests: number;
}

export function report(
  results: readonly TracingResult[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): string {
  const rows = results.map(({ ratio, pairs, requests }) => {
    const ratios = pairs.map(({ off, traced }) => traced / off);
    const cells = [
      ratio === undefined ? 'off' : `${String(100 * ratio)} %`,
      median(pairs.map(({ traced }) => traced)).toFixed(0),
      median(ratios).toFixed(3),
      `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
      String(requests),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `# Cost of tracing

Two pipelines run at the same time, one of them without tracing, because the speed of a machine changes over time. Each receives ${String(perSecond)} webhooks per second for ${String(seconds)} s, ${String(results[0]?.pairs.length ?? 0)} times with each setting. The processor time is that of ingest, mapper, dispatcher and console together. The first row compares two pipelines without tracing: differences of this size mean nothing.

| traces | processor time of an event, µs (median) | ÷ off (median) | ÷ off (single runs) | requests to the collector |
| ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`;
}
