import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { allMetrics, type Metric } from './all-metrics';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

/** Labels that Prometheus adds to every series of a target. */
const targetLabels = ['job', 'instance'];
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
  ...['and', 'or', 'unless', 'by', 'on', 'offset', 'bool', 'group_left'],
  ...['sum', 'min', 'max', 'count', 'rate', 'increase', 'time', 'vector', 'absent'],
  ...['histogram_quantile', 'max_over_time', 'last_over_time'],
]);
const grouping = /\b(?:by|on|group_left) *\(([^)]*)\)/g;

/** The series in an expression. */
function seriesIn(expression: string): string[] {
  const rest = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(grouping, '');
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

/** The labels by which an expression groups or matches. */
function groupingLabelsIn(expression: string): string[] {
  return [...expression.matchAll(grouping)].flatMap(([, labels = '']) => labels.match(/\w+/g) ?? []);
}

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: { severity?: string };
  annotations?: { summary?: string; description?: string; runbook_url?: string };
}

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await read('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

async function alerts(): Promise<(Rule & { alert: string })[]> {
  return (await rules()).flatMap(({ alert, ...rule }) => (alert === undefined ? [] : [{ ...rule, alert }]));
}

/** A recorded series is named after its labels: <labels>:<metric>:<operation>. */
async function recordedSeries(): Promise<Map<string, string[]>> {
  const names = (await rules()).flatMap(({ record = [] }) => record);
  return new Map(names.map((name) => [name, name.split(':')[0]?.split('_') ?? []]));
}

async function dashboardExpressions(): Promise<string[]> {
  const folder = 'deploy/grafana/dashboards';
  const files = (await readdir(path.join(root, folder))).filter((file) => file.endsWith('.json'));
  expect(files).toHaveLength(2);
  const boards = await Promise.all(files.map((file) => read(`${folder}/${file}`)));
  return boards.flatMap((text) => {
    const { panels, templating } = JSON.parse(text) as {
      panels: { targets: { expr: string }[] }[];
      templating: { list: { query: { query: string } }[] };
    };
    const variables = templating.list.map(
      ({ query: { query } }) => /^label_values\((\w+), \w+\)$/.exec(query)?.[1] ?? '',
    );
    return [...variables, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
  });
}

describe('alerts and dashboards', () => {
  it('use only series and labels that exist', async () => {
    const known = new Map([...series, ...(await recordedSeries())]);
    const used = [...(await rules()).map(({ expr }) => expr), ...(await dashboardExpressions())];
    expect(used.flatMap(seriesIn).filter((name) => !known.has(name))).toEqual([]);
    const unknownLabels = used
      .flatMap(matchersIn)
      .filter(([name, label]) => known.get(name)?.includes(label) !== true);
    expect(unknownLabels).toEqual([]);
    const unknownGroupings = used.flatMap((expression) => {
      const labels = new Set(seriesIn(expression).flatMap((name) => known.get(name) ?? []));
      return groupingLabelsIn(expression).filter((label) => !labels.has(label));
    });
    expect(unknownGroupings).toEqual([]);
  });

  it('use every metric of the apps', async () => {
    const used = new Set([...(await rules()).map(({ expr }) => expr), ...(await dashboardExpressions())].flatMap(seriesIn)); // prettier-ignore
    const isUsed = ({ name }: Metric): boolean =>
      used.has(name) || histogramSeries.some((suffix) => used.has(name + suffix));
    const unused = allMetrics.filter((metric) => metric.name.startsWith('rcstatsig_') && !isUsed(metric));
    expect(unused.map(({ name }) => name)).toEqual([]);
  });

  it('find the series and labels in an expression', () => {
    const expression =
      'sum by (project) (a_total{project=~"x{y}|b"} * on (job) group_left (app) c unless a_total offset 15m) > 0 or histogram_quantile(0.99, b_bucket)';
    expect(seriesIn(expression)).toEqual(['a_total', 'c', 'a_total', 'b_bucket']);
    expect(matchersIn(expression)).toEqual([['a_total', 'project']]);
    expect(groupingLabelsIn(expression)).toEqual(['project', 'job', 'app']);
  });
});

describe('every alert', () => {
  it('has a severity, a description and a section of the runbook', async () => {
    const runbook = await read('docs/runbook.md');
    const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name);
    const all = await alerts();
    for (const { alert, labels, annotations } of all) {
      expect(['info', 'warning', 'critical']).toContain(labels?.severity);
      expect(annotations?.summary ?? '').not.toBe('');
      expect(annotations?.description ?? '').not.toBe('');
      const page = '{{ with $externalLabels.runbook }}{{ . }}{{ else }}docs/runbook.md{{ end }}';
      expect(annotations?.runbook_url).toBe(`${page}#${alert.toLowerCase()}`);
    }
    const names = all.map(({ alert }) => alert);
    // Sections that belong to no alert have headings of several words.
    expect(sections.toSorted()).toEqual(names.toSorted());
  });

  it('has a case that fires it, and one that does not', async () => {
    const { tests } = parse(await read('deploy/prometheus/alerts.test.yml')) as {
      tests: { promql_expr_test: { expr: string; exp_samples: unknown[] }[] }[];
    };
    const cases = tests.flatMap((test) => test.promql_expr_test);
    for (const { alert } of await alerts()) {
      const ofAlert = cases.filter(({ expr }) => expr === `ALERTS{alertname="${alert}",alertstate="firing"}`);
      expect([alert, ofAlert.some(({ exp_samples: samples }) => samples.length > 0)]).toEqual([alert, true]);
      expect([alert, ofAlert.some(({ exp_samples: samples }) => samples.length === 0)]).toEqual([
        alert,
        true,
      ]);
    }
  });
});
