import { costTable } from '../pipeline/cost-table';
import { type RateResult } from '../pipeline/measure-rate';
import { type Quantiles } from '../quantile';

export interface GrowthResult {
  /** Customers, and event ids, that are known. */
  known: number;
  /** Without what an empty Redis uses. */
  redisBytes: number;
  readModelBytes: number;
  /** Time of the mapper's profile step for a batch. */
  profileStepMs: Quantiles;
  /** The whole pipeline under load, with events of known customers. */
  load: RateResult;
}

export interface Circumstances {
  perSecond: number;
  seconds: number;
  /** Events of a batch of the profile step. */
  batchSize: number;
  batches: number;
}

export function report(
  results: readonly GrowthResult[],
  { perSecond, seconds, batchSize, batches }: Circumstances,
): string {
  const rows = results.map(({ known, redisBytes, readModelBytes, profileStepMs, load }) =>
    [
      whole(known),
      whole(redisBytes / 2 ** 20),
      whole(redisBytes / known),
      whole(readModelBytes / 2 ** 20),
      profileStepMs.p50.toFixed(1),
      profileStepMs.p99.toFixed(1),
      load.latencyMs.p50.toFixed(1),
      load.latencyMs.p99.toFixed(1),
      load.isSustained ? 'yes' : 'no',
    ].join(' | '),
  );
  return `# Cost of an event as the data grows

Redis has a profile with two ids and five attributes for each known customer, and a ledger entry for one event id of each. The console's read model has as many events, up to the 2,000,000 that it keeps by default; then it removes as many as arrive. Then ${whole(perSecond)} webhooks per second pass through the whole pipeline for ${whole(seconds)} s, from customers spread over all known ones. The profile step finds the profiles of ${whole(batchSize)} events and joins what is learned into them; ${whole(batches)} batches were measured while the apps were not running. If the pipeline did not sustain the rate, the machine was too busy, and the costs of that size are not comparable.

| known | Redis, MiB | Redis bytes for each | read model, MiB | profile step p50, ms | profile step p99, ms | webhook to Statsig p50, ms | webhook to Statsig p99, ms | sustained |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

${costTable(results.map(({ known, load }) => ({ title: `${whole(known)} known`, costs: load.costs })))}
`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
