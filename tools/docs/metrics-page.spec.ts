import { allMetrics, type Metric } from './all-metrics';
import { metricLabels } from './metric-labels';
import { metricPrefix, metricsPage } from './metrics-page';

/** Without prom-client's default metrics. */
const ours = allMetrics.filter(({ name }) => !/^(process|nodejs)_/.test(name));
const namesOf = (metrics: readonly Metric[]): string[] => metrics.map(({ name }) => name);

describe('the metrics of the apps', () => {
  it('have the prefix of the product', () => {
    expect(namesOf(ours.filter(({ name }) => !name.startsWith(metricPrefix)))).toEqual([]);
  });

  it('have names that end as Prometheus recommends', () => {
    const units = /_(seconds|bytes|ratio|records|info)$/;
    const counters = ours.filter(({ type }) => type === 'counter');
    const histograms = ours.filter(({ type }) => type === 'histogram');
    expect(namesOf(counters.filter(({ name }) => !name.endsWith('_total')))).toEqual([]);
    expect(namesOf(histograms.filter(({ name }) => !units.test(name)))).toEqual([]);
    expect(
      namesOf(
        ours.filter(
          ({ name, type }) => type === 'gauge' && /_(total|count|sum|milliseconds|ms|percent)$/.test(name),
        ),
      ),
    ).toEqual([]);
  });

  it('have only labels whose values are bounded, and few of them', () => {
    const unknown = ours.flatMap(({ name, labelNames }) =>
      labelNames.filter((label) => metricLabels[label] === undefined).map((label) => `${name}: ${label}`),
    );
    expect(unknown).toEqual([]);
    // The series of a histogram are multiplied by its buckets.
    const tooMany = ours.filter(({ type, labelNames }) => labelNames.length > (type === 'histogram' ? 2 : 4));
    expect(namesOf(tooMany)).toEqual([]);
  });

  it('are each on the page once, with a description', () => {
    const page = metricsPage(allMetrics);
    for (const { name, help } of ours) {
      expect(help).not.toBe('');
      expect(page.split(`| \`${name}\` |`)).toHaveLength(2);
    }
  });
});
