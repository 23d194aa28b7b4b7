import { type ProduceResult, summaryText } from '../produce/summary';
import { type Report, reportText } from './report';

/**
 * @param sent what a backfill has sent; undefined if nothing was sent
 * @param list file to which the missing transactions were written
 */
export function resultText(report: Report, sent: ProduceResult | undefined, list?: string): string {
  const { transactions, usd } = report.totals.missing;
  if (transactions === 0) return `${reportText(report)}\nNothing is missing.`;
  return [
    reportText(report),
    `${transactions} are missing (${usd.toFixed(2)} USD).`,
    list === undefined ? '--missing-to <file> lists them.' : `They are listed in ${list}.`,
    sent === undefined ? 'Nothing was sent; --backfill delivers them.' : `Backfill: ${summaryText(sent)}`,
  ].join('\n');
}
