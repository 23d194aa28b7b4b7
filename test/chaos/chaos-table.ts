import Table from 'cli-table3';
import { type Outcome } from './scenario';

export interface Row {
  number: number;
  name: string;
  /** Undefined if the scenario failed with an error. */
  outcome?: Outcome;
  problems: string[];
  seconds: number;
}

export function chaosTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['', 'scenario', 'arrived', 'lost', 'repeats', 'allowed', 'out of order', 's', 'verdict'],
    style: { head: [], border: [] },
  });
  for (const { number, name, outcome, problems, seconds } of rows) {
    const { tally, allowedRepeats, notes = [] } = outcome ?? {};
    table.push([
      number,
      [name, ...notes].join('\n'),
      tally?.arrived ?? '–',
      tally?.lost.length ?? '–',
      tally?.repeats.length ?? '–',
      allowedRepeats ?? '–',
      tally?.outOfOrder.length ?? '–',
      seconds,
      problems.length === 0 ? 'passed' : problems.join('\n').slice(0, 60),
    ]);
  }
  return table.toString();
}
