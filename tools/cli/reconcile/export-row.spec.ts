import { CannotRunError } from '../exit-codes';
import { type ExportRow, rowReader } from './export-row';
import { exportCells, exportColumns, type ExportValues } from './test/export-csv';

const read = (values: ExportValues = {}) =>
  rowReader(exportColumns, 'a.csv')(exportCells(values)) as ExportRow;

describe('rowReader', () => {
  it('reads a transaction of the current export', () => {
    expect(read()).toEqual({
      transactionId: '123456789012345678',
      renewalNumber: 2,
      originalTransactionId: '100000000000000001',
      appUserId: 'maya',
      originalAppUserId: '$RCAnonymousID:0a1b',
      product: 'pro_monthly',
      store: 'APP_STORE',
      startedAtMs: Date.UTC(2026, 0, 2, 8),
      endsAtMs: Date.UTC(2026, 1, 2, 8),
      accessEndsAtMs: Date.UTC(2026, 1, 2, 8),
      refundedAtMs: undefined,
      hasBillingIssue: false,
      updatedAtMs: Date.UTC(2026, 0, 2, 8, 0, 5),
      isAutoRenewable: true,
      isTrial: false,
      isIntroOffer: false,
      isTrialConversion: false,
      isSandbox: false,
      isFamilyShared: false,
      netUsd: 9.99,
      grossUsd: 9.99,
      currency: 'GBP',
      netInCurrency: 7.99,
      grossInCurrency: 7.99,
      taxPercentage: 0.1442,
      commissionPercentage: 0.15,
      country: 'GB',
      offering: 'default',
      entitlements: ['pro', 'sync'],
    });
  });

  it('reads columns in any order, and an export before version 4', () => {
    const values = { is_trial_period: 't', is_sandbox: 'f', entitlement_identifiers: '{pro,sync}' };
    const columns = exportColumns.filter((name) => name !== 'purchase_price_in_usd').toReversed();
    const cells = new Map(exportColumns.map((name, i) => [name, exportCells(values)[i] ?? '']));
    expect(rowReader(columns, 'a.csv')(columns.map((name) => cells.get(name) ?? ''))).toMatchObject({
      ...{
        isTrial: true,
        isSandbox: false,
        entitlements: ['pro', 'sync'],
        netUsd: 9.99,
        grossUsd: undefined,
      },
    });
  });

  it.each([
    ['2026-01-02 08:00:00', Date.UTC(2026, 0, 2, 8)],
    ['2026-01-02 08:00:00.250', Date.UTC(2026, 0, 2, 8, 0, 0, 250)],
    ['2026-01-02T08:00:00Z', Date.UTC(2026, 0, 2, 8)],
    ['2026-01-02 09:00:00+01:00', Date.UTC(2026, 0, 2, 8)],
    ['2026-01-02', Date.UTC(2026, 0, 2)],
  ])('reads the time %s', (start_time, expected) => {
    expect(read({ start_time }).startedAtMs).toBe(expected);
  });

  it('names the missing columns', () => {
    const columns = exportColumns.filter((name) => name !== 'refunded_at' && name !== 'renewal_number');
    expect(() => rowReader(columns, 'a.csv')).toThrow(CannotRunError);
    expect(() => rowReader(columns, 'a.csv')).toThrow('a.csv has no column refunded_at, renewal_number');
  });

  it.each([
    ['store_transaction_id', { store_transaction_id: '' }],
    ['start_time', { start_time: 'yesterday' }],
    ['product_identifier', { product_identifier: 'null' }],
  ])('rejects a row without %s', (column, values) => {
    expect(read(values)).toEqual({ problem: expect.stringContaining(column) as unknown });
  });

  // Read as absent, they would make a purchase of a sandbox row, or hide a refund.
  it.each<ExportValues>([
    { is_sandbox: '1' },
    { is_sandbox: '' },
    { is_auto_renewable: 'yes' },
    { is_trial_period: '' },
    { store: '' },
    { start_time: '1/2/2026 8:00' },
    { start_time: '1672561626000' },
    { refunded_at: '2026-01-05 10:00:00 CET' },
    { price_in_usd: '9,99' },
    { renewal_number: 'two' },
    { store_transaction_id: '1.23457E+17' },
    { original_store_transaction_id: '1,00E+17' },
  ])('rejects a row with %j', (values) => {
    expect(read(values)).toEqual({
      problem: expect.stringContaining(Object.keys(values)[0] ?? '') as unknown,
    });
  });

  it('rejects a row with another number of cells', () => {
    expect(rowReader(exportColumns, 'a.csv')([...exportCells(), 'x'])).toEqual({
      problem: `it has ${exportColumns.length + 1} cells, and the header has ${exportColumns.length}`,
    });
  });
});
