import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { scaledRules } from './scaled-rules';

it('divides the periods of rules, but not their thresholds', () => {
  const rules = `
groups:
  - name: some
    rules:
      - alert: Some
        expr: (a{b="5m"} unless a offset 15m) or increase(a[1h]) > 600
        for: 2m
`;
  expect(parse(scaledRules(rules, 30))).toEqual({
    groups: [
      {
        name: 'some',
        rules: [
          {
            alert: 'Some',
            expr: '(a{b="5m"} unless a offset 30000ms) or increase(a[120000ms]) > 600',
            for: '4000ms',
          },
        ],
      },
    ],
  });
});

it('finds every period of the alerts', async () => {
  const rules = await readFile(path.resolve(__dirname, '../../deploy/prometheus/alerts.yml'), 'utf8');
  const { groups } = parse(scaledRules(rules, 30)) as {
    groups: { rules: { expr: string; for?: string }[] }[];
  };
  const periods = groups.flatMap((group) => group.rules).flatMap((rule) => [rule.expr, rule.for ?? '']);
  expect(periods.flatMap((text) => text.match(/\b\d+[smhdwy]\b/g) ?? [])).toEqual([]);
});
