import { parseEnvelope, type RevenueCatEvent } from '@app/revenuecat';
import fc from 'fast-check';
import { addRows, compareAll, type Period } from './compare-export';
import { type ExportRow, rowReader } from './export-row';
import { type Coverage, extendCoverage } from './coverage';
import { knownEvent } from './known-event';
import { type MissingTransaction } from './missing-transaction';
import { type ReadRow } from './read-export';
import { reasonsToDoubt, type Report, ReportBuilder } from './report';
import { exportCells, exportColumns, type ExportValues } from './test/export-csv';
import { Workspace } from './workspace';

const rowOf = rowReader(exportColumns, 'a.csv');
const covered = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 1, 1) };
const always: Period = { fromMs: -Infinity, toMs: Infinity };

/** An event that the pipeline has received. */
interface Received {
  event: RevenueCatEvent;
  isDelivered: boolean;
}

async function* rowsFrom(rows: readonly ReadRow[]): AsyncGenerator<ReadRow> {
  for (const row of rows) yield await Promise.resolve(row);
}

/** Compares an export, and returns the report and the events that a backfill sends. */
async function compare(
  rows: readonly ReadRow[],
  received: readonly Received[],
  period = always,
  coverage: Coverage = covered,
): Promise<{ report: Report; missing: RevenueCatEvent[]; listed: MissingTransaction[] }> {
  const [workspace, builder] = [new Workspace(), new ReportBuilder()];
  for (const { event, isDelivered } of received) {
    const known = knownEvent(event.type, event.fields);
    if (known !== undefined) workspace.addKnown(known, isDelivered);
  }
  await addRows(rowsFrom(rows), workspace, builder, period, coverage);
  await compareAll(workspace, builder, coverage);
  const missing = [...workspace.missing()].map(eventIn);
  const listed = [...workspace.missingLines()].map((line) => JSON.parse(line) as MissingTransaction);
  workspace.close();
  return { report: builder.result('shop', coverage), missing, listed };
}

function eventIn(body: string): RevenueCatEvent {
  const parsed = parseEnvelope(Buffer.from(body));
  if (parsed.kind !== 'envelope') throw new Error(parsed.detail);
  return parsed.envelope.event;
}

const rows = (...values: ExportValues[]): ExportRow[] =>
  values.map((value) => rowOf(exportCells(value)) as ExportRow);

const delivered = (type: string, fields: RevenueCatEvent['fields']): Received => ({
  event: { id: 'webhook', type, fields },
  isDelivered: true,
});

describe('comparing an export with what was received', () => {
  it('adds purchases and refunds by day and product', async () => {
    const { report, missing } = await compare(
      rows(
        { store_transaction_id: '1' },
        { store_transaction_id: '2', refunded_at: '2026-01-03 00:00:00', price_in_usd: '0' },
        {
          store_transaction_id: '3',
          product_identifier: 'annual',
          price_in_usd: '49.9',
          purchase_price_in_usd: '49.9',
        },
        { store_transaction_id: '4' },
      ),
      [
        delivered('RENEWAL', { transaction_id: '1', price: 9.5 }),
        delivered('RENEWAL', { transaction_id: '2', price: 9.99 }),
        { ...delivered('RENEWAL', { transaction_id: '4', price: 9.99 }), isDelivered: false },
      ],
    );
    const none = { transactions: 0, usd: 0 };
    expect(report.lines).toEqual([
      {
        ...{ day: '2026-01-02', product: 'annual', delivered: none, undelivered: none, unknown: none },
        ...{ revenuecat: { transactions: 1, usd: 49.9 }, missing: { transactions: 1, usd: 49.9 } },
      },
      {
        ...{ day: '2026-01-02', product: 'pro_monthly', missing: none, unknown: none },
        revenuecat: { transactions: 3, usd: 29.97 },
        // The amounts that were delivered, which may differ.
        delivered: { transactions: 2, usd: 19.49 },
        undelivered: { transactions: 1, usd: 9.99 },
      },
      {
        ...{ day: '2026-01-03', product: 'pro_monthly', delivered: none, undelivered: none, unknown: none },
        ...{ revenuecat: { transactions: 1, usd: -9.99 }, missing: { transactions: 1, usd: -9.99 } },
      },
    ]);
    expect(report.totals).toMatchObject({
      ...{ revenuecat: { transactions: 5, usd: 69.88 }, missing: { transactions: 2, usd: 39.91 } },
    });
    expect(missing.map(({ id }) => id)).toEqual(['backfill:purchase:2:3', 'backfill:refund:2:2']);
  });

  it('lists what is missing in the order of time, with the reason', async () => {
    const refund = { refunded_at: '2026-01-05 10:00:00', price_in_usd: '4.5' };
    const { listed, missing } = await compare(
      rows(
        { store_transaction_id: '1', ...refund },
        { store_transaction_id: '2', price_in_usd: '', purchase_price_in_usd: '', renewal_number: '' },
        { store_transaction_id: '3', renewal_number: '1', start_time: '2026-01-01 08:00:00' },
        { store_transaction_id: '3', renewal_number: '2', start_time: '2026-01-09 08:00:00' },
      ),
      [
        delivered('RENEWAL', { transaction_id: '1', price: 9.99 }),
        { ...delivered('RENEWAL', { transaction_id: '3', renewal_number: 1 }), isDelivered: false },
      ],
    );
    expect(listed).toEqual([
      {
        ...{ day: '2026-01-02', time: '2026-01-02T08:00:00.000Z', kind: 'purchase', usd: null },
        ...{ product: 'pro_monthly', store: 'APP_STORE', appUserId: 'maya', renewalNumber: null },
        ...{ transactionId: '2', originalTransactionId: '100000000000000001' },
        ...{ eventId: 'backfill:purchase::2', reason: 'transaction_not_received' },
      },
      expect.objectContaining({
        ...{ day: '2026-01-05', kind: 'refund', usd: -5.49, transactionId: '1', renewalNumber: 2 },
        reason: 'other_kind_received',
      }),
      expect.objectContaining({ transactionId: '3', renewalNumber: 2, reason: 'other_renewal_received' }),
    ]);
    expect(listed.map(({ eventId }) => eventId)).toEqual(missing.map(({ id }) => id));
  });

  it('marks the missing transactions that only the operator knows to be missing', async () => {
    const known = { fromMs: Date.UTC(2026, 0, 10), toMs: covered.toMs };
    const exported = rows(
      { store_transaction_id: '1' },
      { store_transaction_id: '2', start_time: '2026-01-11 08:00:00' },
    );
    const reasons = async (coverage: Coverage) =>
      (await compare(exported, [], always, coverage)).listed.map(({ reason }) => reason);
    expect(await reasons(extendCoverage(known, covered.fromMs))).toEqual([
      'assumed',
      'transaction_not_received',
    ]);
    expect(await reasons(extendCoverage({ ...known, fromMs: undefined }, covered.fromMs))).toEqual([
      'assumed',
      'assumed',
    ]);
  });

  it('counts as unknown, and does not send, what Kafka does not cover', async () => {
    const { report, missing } = await compare(
      rows(
        { store_transaction_id: '1', start_time: '2025-12-31 23:59:59' },
        { store_transaction_id: '2', start_time: '2026-02-01 00:00:00', end_time: '2026-03-01 00:00:00' },
      ),
      [],
    );
    expect(report.totals).toMatchObject({ unknown: { transactions: 2 }, missing: { transactions: 0 } });
    expect(missing).toEqual([]);
  });

  it('uses the newest version of a row, and compares only the period', async () => {
    const refund = { refunded_at: '2026-01-09 00:00:00', price_in_usd: '0' };
    const period = { fromMs: Date.UTC(2026, 0, 9), toMs: Date.UTC(2026, 0, 10) };
    const versions = (...updates: [updated_at: string, values: ExportValues][]) =>
      rows(...updates.map(([updated_at, values]) => ({ updated_at, ...values })));
    const refunded = await compare(
      versions(['2026-01-09 00:00:01', refund], ['2026-01-02 08:00:05', {}]),
      [],
      period,
    );
    expect(refunded.report.totals).toMatchObject({ revenuecat: { transactions: 1, usd: -9.99 } });
    // The refund was reversed, or Google invalidated the transaction.
    const invalidated = { end_time: '2026-01-01 00:00:00' };
    for (const newer of [{}, invalidated]) {
      const { report, missing } = await compare(
        versions(['2026-01-11 00:00:00', newer], ['2026-01-09 00:00:01', refund]),
        [],
        period,
      );
      expect([report.totals.revenuecat.transactions, missing]).toEqual([0, []]);
    }
    const whole = await compare(
      versions(['2026-01-03 00:00:00', {}], ['2026-01-04 00:00:00', invalidated]),
      [],
    );
    expect(whole.report).toMatchObject({
      excluded: { invalidated: 1 },
      totals: { missing: { transactions: 0 } },
    });
  });

  it('recognizes a transaction whose renewals were renumbered', async () => {
    const id = '123456789012345678';
    const event = (renewal_number: number) => delivered('RENEWAL', { transaction_id: id, renewal_number });
    const versions = rows(
      { renewal_number: '2', updated_at: '2026-01-02 08:00:05' },
      { renewal_number: '3', updated_at: '2026-01-20 00:00:00' },
    );
    const { report } = await compare(versions, [event(2)]);
    expect(report.totals).toMatchObject({ revenuecat: { transactions: 1 }, delivered: { transactions: 1 } });
    // Of two renewals with one id, the first was number 1 when its event was sent.
    const both = rows(
      { renewal_number: '2', start_time: '2026-01-02 08:00:00' },
      { renewal_number: '3', start_time: '2026-01-09 08:00:00' },
    );
    expect((await compare(both, [event(1)])).missing).toEqual([]);
    expect((await compare(both, [event(2)])).missing.map(({ id: eventId }) => eventId)).toEqual([
      `backfill:purchase:3:${id}`,
    ]);
  });

  it('waits for the webhook of a transaction that RevenueCat has just learned of', async () => {
    const { report } = await compare(rows({ updated_at: '2026-02-01 00:00:00' }), []);
    expect(report.totals).toMatchObject({ unknown: { transactions: 1 }, missing: { transactions: 0 } });
  });

  it('does not send a renewal that the store may not have charged', async () => {
    const unpaid = { billing_issues_detected_at: '2026-01-02 09:00:00' };
    const ids = async (store: string) =>
      (await compare(rows({ ...unpaid, store }), [])).missing.map(({ type }) => type);
    expect(await ids('play_store')).toEqual([]);
    expect(await ids('stripe')).toEqual([]);
    // The App Store has no transaction before it has charged it: the issue is that of the next renewal.
    expect(await ids('app_store')).toEqual(['RENEWAL']);
  });

  it('names a store of which nothing was received, whatever the period', async () => {
    const exported = rows(
      { store_transaction_id: '1', start_time: '2026-01-02 08:00:00' },
      { store_transaction_id: '2', start_time: '2026-01-09 08:00:00' },
      { store_transaction_id: '3', start_time: '2026-01-09 08:00:00', store: 'play_store' },
    );
    const period = { fromMs: Date.UTC(2026, 0, 9), toMs: Date.UTC(2026, 0, 10) };
    const { report } = await compare(exported, [delivered('RENEWAL', { transaction_id: '1' })], period);
    expect(report.unmatchedStores).toEqual(['PLAY_STORE']);
    expect(reasonsToDoubt(report)).toEqual(['nothing in the export was received from PLAY_STORE']);
    expect((await compare([], [])).report.unmatchedStores).toEqual([]);
  });

  it('distinguishes renewals with the same transaction id if the events state the renewal number', async () => {
    const same = rows({ renewal_number: '1' }, { renewal_number: '2', start_time: '2026-01-09 08:00:00' });
    const id = '123456789012345678';
    const one = await compare(same, [delivered('RENEWAL', { transaction_id: id, renewal_number: 1 })]);
    expect(one.missing.map((event) => event.fields['renewal_number'])).toEqual([2]);
    const unstated = await compare(same, [delivered('RENEWAL', { transaction_id: id })]);
    expect(unstated.missing).toEqual([]);
    // RevenueCat calls the transaction id unique, so another number is the same transaction if there is only one.
    const other = await compare(rows({}), [delivered('RENEWAL', { transaction_id: id, renewal_number: 7 })]);
    expect(other.missing).toEqual([]);
  });

  it('counts what it does not compare', async () => {
    const bad = { problem: 'it has 3 cells', place: 'row 9 of a.csv' };
    const { report } = await compare(
      [
        ...rows(
          { store_transaction_id: '1', is_sandbox: 'true' },
          { store_transaction_id: '2', store: 'promotional' },
          { store_transaction_id: '3', price_in_usd: '', purchase_price_in_usd: '' },
        ),
        bad,
      ],
      [],
    );
    expect(report).toMatchObject({
      excluded: { sandbox: 1, familyShared: 0, promotional: 1, invalidated: 0 },
      unpriced: 1,
      invalidRows: { count: 1, example: 'row 9 of a.csv: it has 3 cells' },
    });
  });
});

describe('a second run', () => {
  const transaction = fc.record({
    id: fc.integer({ min: 1, max: 12 }).map(String),
    renewal: fc.constantFrom('1', '2', '3', ''),
    day: fc.integer({ min: 1, max: 31 }),
    refundDay: fc.option(fc.integer({ min: 1, max: 31 })),
    isTrial: fc.boolean(),
    // Of the webhook events of the transaction, the ones that arrived, and whether they state the renewal number.
    hasPurchase: fc.boolean(),
    hasRefund: fc.boolean(),
    isDelivered: fc.boolean(),
    statesNumber: fc.boolean(),
  });

  const dateText = (day: number): string => `2026-01-${String(day).padStart(2, '0')} 12:00:00`;

  it('sends nothing, refunds included, whatever was delivered and in whatever order the rows come', async () => {
    const cases = fc.array(transaction, { maxLength: 12 }).chain((transactions) =>
      fc.record({
        transactions: fc.constant(transactions),
        order: fc.shuffledSubarray([...transactions.keys()], { minLength: transactions.length }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ transactions, order }) => {
        const exported = rows(
          ...transactions.map(({ id, renewal, day, refundDay, isTrial }, i) => ({
            ...{ store_transaction_id: id, renewal_number: renewal, is_trial_period: String(isTrial) },
            ...{ start_time: dateText(day), end_time: '2026-03-01 00:00:00' },
            ...(refundDay !== null && { refunded_at: dateText(refundDay), price_in_usd: '0' }),
            // Equal times would make the version depend on the order.
            updated_at: `2026-01-31 20:00:${String(i).padStart(2, '0')}`,
          })),
        );
        const received = transactions.flatMap(
          ({ id, renewal, hasPurchase, hasRefund, isDelivered, statesNumber }): Received[] => {
            const ids = {
              transaction_id: id,
              ...(statesNumber && renewal !== '' && { renewal_number: Number(renewal) }),
            };
            const refund = { ...ids, cancel_reason: 'CUSTOMER_SUPPORT', price: -9.99 };
            return [
              ...(hasPurchase ? [{ ...delivered('RENEWAL', { ...ids, price: 9.99 }), isDelivered }] : []),
              ...(hasRefund ? [{ ...delivered('CANCELLATION', refund), isDelivered }] : []),
            ];
          },
        );
        const first = await compare(exported, received);
        const reordered = order.flatMap((i) => exported[i] ?? []);
        const again = await compare(reordered, received);
        const idsOf = (events: readonly RevenueCatEvent[]) => events.map(({ id }) => id).toSorted();
        expect(idsOf(again.missing)).toEqual(idsOf(first.missing));
        expect(new Set(idsOf(first.missing)).size).toBe(first.missing.length);
        expect(first.report.totals.missing.transactions).toBe(first.missing.length);

        // Whether or not the events of the first run are delivered yet.
        for (const isDelivered of [false, true]) {
          const sent = first.missing.map((event) => ({ event, isDelivered }));
          const second = await compare(exported, [...received, ...sent]);
          expect(second.missing).toEqual([]);
          expect(second.report.totals.revenuecat).toEqual(first.report.totals.revenuecat);
          const found = second.report.totals[isDelivered ? 'delivered' : 'undelivered'].transactions;
          expect(found).toBeGreaterThanOrEqual(first.missing.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
