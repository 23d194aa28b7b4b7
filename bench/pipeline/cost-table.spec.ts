import { type Costs, processNames } from './cost';
import { costTable } from './cost-table';

const all: Costs = Object.fromEntries(
  processNames.map((name) => [name, { cpuMicros: 100, residentBytes: 64 * 2 ** 20 }]),
);

it('has a column for each load, and a total without the processes of the benchmark', () => {
  const text = costTable([
    { title: '50/s', costs: all },
    { title: 'backlog', costs: all },
  ]);
  expect(text).toContain('|  | 50/s | backlog |');
  expect(text).toContain('| mapper | 100 | 100 |');
  expect(text).toContain('| receiver (of the benchmark) | 100 | 100 |');
  expect(text).toContain('| total without the benchmark | 600 | 600 |');
  expect(text).toContain('| mapper | 64 | 64 |');
});

it('marks a process that was not measured, and omits the total', () => {
  const text = costTable([{ title: '50/s', costs: { ...all, Kafka: undefined } }]);
  expect(text).toContain('| Kafka | not measured |');
  expect(text).toContain('| total without the benchmark | not measured |');
});

it('states that nothing was measured on a system without /proc', () => {
  expect(costTable([{ title: '50/s', costs: {} }])).toContain('has no /proc');
});
