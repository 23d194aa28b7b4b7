import { type DeliveryFormat } from '@app/delivery';
import { costTable } from './cost-table';
import { type DrainResult } from './measure-drain';
import { type RateResult } from './measure-rate';

export interface PipelineResults {
  rates: readonly RateResult[];
  /** The highest sustained rate, in events per second; 0 if the first step was not sustained. */
  highest: number;
  /** The steps of the search for it. */
  steps: readonly RateResult[];
  drain: DrainResult;
}

export interface Circumstances {
  format: DeliveryFormat;
  customers: number;
  /** Duration of the measurement at each rate. */
  seconds: number;
}

export function report(
  { rates, highest, steps, drain }: PipelineResults,
  { format, customers, seconds }: Circumstances,
): string {
  return `# The whole pipeline

Webhooks of ${whole(customers)} customers pass through ingest, mapper and dispatcher to Statsig, while the console reads them too. Each app is one process with default settings and the Node options of the container images, in format \`${format}\`. Statsig is a process that responds at once. Apps, Kafka (one broker), Redis, sender and receiver share the cores of the machine.

## Time from webhook to Statsig

Webhooks are sent at a constant rate for ${whole(seconds)} s after a warm-up, whether earlier ones have been accepted or not. The time is measured from the moment at which a webhook was scheduled, so it includes every delay.

| events/s | events | p50, ms | p95, ms | p99, ms | longest, ms | sent late (p99), ms | rejected | sustained |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rates.map(rateRow).join('\n')}

## Highest sustained rate

${highest === 0 ? 'The lowest rate of the search was not sustained' : `**${whole(highest)} events/s**`}. A rate is sustained if all webhooks are accepted, and the events that have not arrived at Statsig increase by less than 2 % of those sent. Rates in the order in which they were tried:

| events/s | events | p50, ms | p95, ms | p99, ms | longest, ms | sent late (p99), ms | rejected | sustained |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${steps.map(rateRow).join('\n')}

## Draining a backlog

${whole(drain.events)} events are in \`revenuecat.events\` before the mapper starts. After the first tenth, **${whole(drain.eventsPerSecond)} events/s** arrived at Statsig. The console had read everything ${drain.consoleBehindSeconds.toFixed(1)} s after the last arrival.

## Cost of an event

The apps do not process all events of a rate that is not sustained during the measurement, so such a rate has no column. ingest is idle while the backlog is drained.

${costTable([
  ...rates
    .filter((rate) => rate.isSustained)
    .map(({ perSecond, costs }) => ({ title: `${whole(perSecond)}/s`, costs })),
  { title: 'backlog', costs: drain.costs },
])}
`;
}

function rateRow({
  perSecond,
  events,
  latencyMs,
  senderLateP99Ms,
  rejected,
  isSustained,
}: RateResult): string {
  const { p50, p95, p99, max } = latencyMs;
  const times = [p50, p95, p99, max, senderLateP99Ms].map((ms) => ms.toFixed(1)).join(' | ');
  return `| ${whole(perSecond)} | ${whole(events)} | ${times} | ${whole(rejected)} | ${isSustained ? 'yes' : 'no'} |`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
