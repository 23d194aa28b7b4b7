import { setImmediate as nextTurn } from 'node:timers/promises';
import { backfillEvent } from './backfill-event';
import { type Coverage, isCovered } from './coverage';
import { exclusionOf, expectedEvents } from './expected-event';
import { type ReadRow } from './read-export';
import { missingTransaction } from './missing-transaction';
import { type ReportBuilder } from './report';
import { compareTransaction } from './statuses';
import { type Workspace } from './workspace';

/** Purchases and refunds at or after `fromMs` and before `toMs` are compared. */
export interface Period {
  fromMs: number;
  toMs: number;
}

/** Adds the rows of an export to the workspace. */
export async function addRows(
  rows: AsyncIterable<ReadRow>,
  workspace: Workspace,
  report: ReportBuilder,
  { fromMs, toMs }: Period,
  coverage: Coverage,
): Promise<void> {
  for await (const row of rows) {
    if ('problem' in row) {
      report.addInvalidRow(`${row.place}: ${row.problem}`);
      continue;
    }
    const expected = expectedEvents(row).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const exclusion = exclusionOf(row);
    // Only rows that may be missing are needed in full. The others are needed because they may be newer versions.
    const keep = exclusion === undefined && expected.some(({ atMs }) => isCovered(coverage, atMs));
    workspace.addRow(row, { exclusion, expected, keep });
  }
}

/** Transactions between turns of the event loop, in which the progress is shown. */
const turnLength = 10_000;

/** Compares all transactions in the workspace, adds them to the report, and adds the missing events to the workspace. */
export async function compareAll(
  workspace: Workspace,
  report: ReportBuilder,
  coverage: Coverage,
  onCompared: (transactions: number) => void = () => undefined,
): Promise<void> {
  let count = 0;
  for (const transaction of workspace.transactions()) {
    for (const { exclusion, expected, store } of transaction.rows) {
      if (exclusion !== undefined && expected.length > 0) report.exclude(exclusion);
      if (transaction.known.length > 0) report.addReceivedStore(store);
    }
    for (const compared of compareTransaction(transaction, coverage)) {
      const { row, expected, status, missingReason, deliveredUsd } = compared;
      const { atMs, usd } = expected;
      report.add({ atMs, product: row.product, store: row.store, usd }, status, deliveredUsd);
      if (missingReason === undefined) continue;
      const missing = workspace.row(row.seq);
      if (missing === undefined) throw new Error(`row ${row.seq} was not kept`);
      const listed = JSON.stringify(missingTransaction(missing, expected, missingReason));
      workspace.addMissing(atMs, listed, backfillEvent(missing, expected));
    }
    count += 1;
    if (count % turnLength !== 0) continue;
    onCompared(turnLength);
    await nextTurn();
  }
}
