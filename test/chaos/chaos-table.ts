import Table from 'cli-table3';
import { type ScenarioOutcome } from './scenario';

export interface Row {
  number: number;
  name: string;
  /** Undefined if the scenario failed with an error. */
  outcome?: ScenarioOutcome;
  problems: string[];
  seconds: number;
}

export function chaosTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['', 'scenario', 'arrived', 'lost', 'repeats', 'allowed', 'out of order', 's', 'verdict'],
    style: { head: [], border: [] },
  });
  for (const { number, name, outcome, problems, seconds } of rows) {
    const { result, allowedRepeats, notes = [] } = outcome ?? {};
    table.push([
      number,
      [name, ...notes].join('\n'),
      result?.arrived ?? '–',
      result?.lost.length ?? '–',
      result?.repeats.length ?? '–',
      allowedRepeats ?? '–',
      result?.outOfOrder.length ?? '–',
      seconds,
      problems.length === 0 ? 'passed' : problems.join('\n').slice(0, 60),
    ]);
  }
  return table.toString();
}
