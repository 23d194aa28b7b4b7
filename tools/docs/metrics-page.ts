import { type Metric } from './all-metrics';

const groups: readonly { title: string; prefix: string }[] = [
  { title: 'ingest', prefix: 'ingest_' },
  { title: 'mapper', prefix: 'mapper_' },
  { title: 'dispatcher', prefix: 'dispatcher_' },
  { title: 'console', prefix: 'console_' },
  { title: 'Kafka clients', prefix: 'kafka_' },
];

/** docs/metrics.md */
export function metricsPage(metrics: readonly Metric[]): string {
  return [
    '<!-- Written by `npm run docs:config` from the metrics of the apps. -->',
    '# Metrics',
    'Every app serves its metrics at `/metrics`, in the text format of Prometheus. `deploy/prometheus/alerts.yml` has alerts ' +
      'on them, `deploy/grafana` a dashboard.',
    'The number of series is bounded: a project is named only if it has an integration (ingest: credentials), and is ' +
      '`unknown` otherwise; outcomes and [reasons](reasons.md) are fixed sets.',
    ...groups.flatMap(({ title, prefix }) => [
      `## ${title}`,
      table(metrics.filter(({ name }) => name.startsWith(prefix))),
    ]),
    '## Process',
    '`process_…` and `nodejs_…` are the default metrics of prom-client: processor time, memory, event loop, garbage collection.',
    '',
  ].join('\n\n');
}

function table(metrics: readonly Metric[]): string {
  return [
    '| metric | type | labels | what it is |',
    '| --- | --- | --- | --- |',
    ...metrics.map(
      ({ name, type, labelNames, help }) =>
        `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${cell(help)} |`,
    ),
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
