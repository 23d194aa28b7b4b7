import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { allMetrics, type Metric } from './all-metrics';

const deploy = path.resolve(__dirname, '../../deploy');

/** Labels that Prometheus adds to every series of a target. */
const targetLabels = ['job', 'instance', 'app'];
const histogramSeries = ['_bucket', '_sum', '_count'];

/** The labels of each series of the apps. */
const series = new Map(
  allMetrics.flatMap(({ name, type, labelNames }: Metric): [string, string[]][] => {
    const labels = [...labelNames, ...targetLabels];
    return type === 'histogram'
      ? histogramSeries.map((suffix) => [name + suffix, [...labels, 'le']])
      : [[name, labels]];
  }),
).set('up', targetLabels);

const words = new Set([
  ...['and', 'or', 'unless', 'by', 'on', 'offset', 'bool'],
  ...['sum', 'min', 'max', 'rate', 'increase', 'deriv', 'time', 'vector'],
  ...['histogram_quantile', 'max_over_time', 'label_replace'],
]);

/** The series in an expression. */
function seriesIn(expression: string): string[] {
  const rest = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|on) *\([^)]*\)/g, '');
  return [...rest.matchAll(/(?<![\w:.])[a-z_:][\w:]*/gi)]
    .map(([name]) => name)
    .filter((name) => !words.has(name));
}

/** The label matchers in an expression, as pairs of series and label. */
function matchersIn(expression: string): [string, string][] {
  return [...expression.matchAll(/([a-z_:][\w:]*)\{((?:[^}"]|"(?:[^"\\]|\\.)*")*)\}/gi)].flatMap(
    ([, name = '', matchers = '']) =>
      [...matchers.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/\w+/g)].map(([label]): [string, string] => [
        name,
        label,
      ]),
  );
}

async function alerts(): Promise<{ expressions: string[]; recorded: Map<string, string[]> }> {
  const text = await readFile(path.join(deploy, 'prometheus/alerts.yml'), 'utf8');
  const expressions = [...text.matchAll(/^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/gm)].map(
    ([, block, line]) => block ?? line ?? '',
  );
  expect(expressions).toHaveLength(text.match(/expr:/g)?.length ?? 0);
  const names = [...text.matchAll(/- record: (\S+)/g)].map(([, name = '']) => name);
  // A recorded series is named after its labels: <labels>:<metric>:<operation>.
  return {
    expressions,
    recorded: new Map(names.map((name) => [name, name.split(':')[0]?.split('_') ?? []])),
  };
}

async function dashboards(): Promise<string[]> {
  const file = path.join(deploy, 'grafana/dashboards/revenuecat-statsig.json');
  const { panels, templating } = JSON.parse(await readFile(file, 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
    templating: { list: { query: { query: string } }[] };
  };
  const variables = templating.list.map(
    ({ query: { query } }) => /^label_values\((\w+), \w+\)$/.exec(query)?.[1] ?? '',
  );
  return [...variables, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
}

it('alerts and dashboards use only series and labels that exist', async () => {
  const { expressions, recorded } = await alerts();
  const known = new Map([...series, ...recorded]);
  const used = [...expressions, ...(await dashboards())];
  expect(used.flatMap(seriesIn).filter((name) => !known.has(name))).toEqual([]);
  const unknownLabels = used
    .flatMap(matchersIn)
    .filter(([name, label]) => known.get(name)?.includes(label) !== true);
  expect(unknownLabels).toEqual([]);
});

it('finds the series and labels in an expression', () => {
  const expression =
    'sum by (project) (a_total{project=~"x{y}|b"} unless a_total offset 15m) > 0 or histogram_quantile(0.99, b_bucket)';
  expect(seriesIn(expression)).toEqual(['a_total', 'a_total', 'b_bucket']);
  expect(matchersIn(expression)).toEqual([['a_total', 'project']]);
});
