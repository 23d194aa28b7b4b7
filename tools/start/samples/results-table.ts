import Table from 'cli-table3';
import { type Row } from './evaluate';

export function resultsTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['event', 'customer', 'sent by', 'outcome', 'time to Statsig'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'left', 'right'],
  });
  for (const { event, customer, via, outcome, reason, toStatsigMs } of rows) {
    table.push([
      event,
      customer,
      via,
      reason === undefined ? outcome : `${outcome} (${reason})`,
      toStatsigMs === undefined ? '–' : `${toStatsigMs} ms`,
    ]);
  }
  return table.toString();
}
