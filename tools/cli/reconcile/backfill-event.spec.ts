import { integrationSchema } from '@app/integrations';
import { type Envelope, parseEnvelope } from '@app/revenuecat';
import { emptyProfile } from '@app/identity';
import { mapEvent } from '@app/mapping';
import { backfillEvent } from './backfill-event';
import { exclusionOf, expectedEvents } from './expected-event';
import { type ExportRow, rowReader } from './export-row';
import { deliveredFields, knownEvent } from './known-event';
import { exportCells, exportColumns, type ExportValues } from './test/export-csv';

const rowOf = (values: ExportValues): ExportRow =>
  rowReader(exportColumns, 'a.csv')(exportCells(values)) as ExportRow;

function envelopesOf(values: ExportValues): Envelope[] {
  const row = rowOf(values);
  return expectedEvents(row).map((expected) => {
    const parsed = parseEnvelope(Buffer.from(backfillEvent(row, expected)));
    if (parsed.kind !== 'envelope') throw new Error(parsed.detail);
    return parsed.envelope;
  });
}

const fieldsOf = (values: ExportValues) => envelopesOf(values).map(({ event }) => event.fields);

describe('backfillEvent', () => {
  it.each<[string, ExportValues, object]>([
    [
      'a trial',
      { is_trial_period: 'true', renewal_number: '1', price_in_usd: '0', purchase_price_in_usd: '0' },
      { type: 'INITIAL_PURCHASE', period_type: 'TRIAL', price: 0 },
    ],
    [
      'a first purchase at an introductory price',
      { renewal_number: '1', is_in_intro_offer_period: 'true' },
      { type: 'INITIAL_PURCHASE', period_type: 'INTRO', price: 9.99 },
    ],
    [
      'a trial conversion',
      { is_trial_conversion: 'true' },
      { type: 'RENEWAL', period_type: 'NORMAL', is_trial_conversion: true, renewal_number: 2 },
    ],
    [
      'a one-time purchase',
      { is_auto_renewable: 'false', end_time: '', renewal_number: '1' },
      { type: 'NON_RENEWING_PURCHASE', expiration_at_ms: null },
    ],
    ['an unknown price', { price_in_usd: '', purchase_price_in_usd: '' }, { type: 'RENEWAL', price: null }],
  ])('makes %s the event that RevenueCat would have sent', (_name, values, expected) => {
    expect(fieldsOf(values)).toEqual([
      expect.objectContaining({
        ...{ rc_backfill: true, event_timestamp_ms: Date.UTC(2026, 0, 2, 8), environment: 'PRODUCTION' },
        ...{ app_user_id: 'maya', aliases: ['maya', '$RCAnonymousID:0a1b'], store: 'APP_STORE' },
        ...expected,
      }),
    ]);
  });

  it('makes a refund a cancellation at its own time, with the refunded part of the price', () => {
    const values = {
      refunded_at: '2026-01-05 10:00:00',
      price_in_usd: '4.5',
      price_in_purchased_currency: '0',
    };
    expect(fieldsOf(values)).toMatchObject([
      { id: 'backfill:purchase:2:123456789012345678', type: 'RENEWAL', price: 9.99 },
      {
        id: 'backfill:refund:2:123456789012345678',
        type: 'CANCELLATION',
        cancel_reason: 'CUSTOMER_SUPPORT',
        event_timestamp_ms: Date.UTC(2026, 0, 5, 10),
        price: -5.49,
        price_in_purchased_currency: -7.99,
      },
    ]);
  });

  it('states when a refunded subscription ends, and no end of a purchase that has none', () => {
    const refund = { refunded_at: '2026-01-05 10:00:00', effective_end_time: '2026-01-05 10:00:00' };
    const ends = (values: ExportValues) =>
      fieldsOf({ ...refund, ...values }).map((fields) => fields['expiration_at_ms']);
    expect(ends({})).toEqual([Date.UTC(2026, 1, 2, 8), Date.UTC(2026, 0, 5, 10)]);
    expect(ends({ effective_end_time: '' })).toEqual([Date.UTC(2026, 1, 2, 8), Date.UTC(2026, 1, 2, 8)]);
    expect(ends({ end_time: '' })).toEqual([null, null]);
  });

  it('does not guess the gross price of a refunded transaction', () => {
    const values = { refunded_at: '2026-01-05 10:00:00', price_in_usd: '0', purchase_price_in_usd: '' };
    expect(fieldsOf(values)).toMatchObject([{ price: null }, { price: null }]);
  });

  it.each(['revenuecat', 'log_event'] as const)('is recognized and marked after mapping to %s', (format) => {
    const integration = integrationSchema.parse({
      ...{ projectId: 'shop', serverSecret: 'secret', format, eventNames: 'rc', eventTypes: ['*'] },
    });
    for (const envelope of envelopesOf({ refunded_at: '2026-01-05 10:00:00', price_in_usd: '0' })) {
      const input = { envelope, known: [emptyProfile], isLookupMissing: false, integration };
      const mapped = mapEvent({ ...input, receivedAtMs: Date.UTC(2026, 1, 1) });
      const [first] = mapped.kind === 'mapped' ? mapped.deliveries : [];
      if (first === undefined) throw new Error('not mapped');
      const { body, ...head } = first.delivery;
      expect(body).toMatch(/"rc_backfill":"?true/);
      expect(head.eventTimeMs).toBe(envelope.event.fields['event_timestamp_ms']);
      const fields = deliveredFields(head, Buffer.from(body)) ?? {};
      expect(knownEvent(head.type, fields)).toEqual(knownEvent(envelope.event.type, envelope.event.fields));
      expect(knownEvent(head.type, fields)).toMatchObject({
        ...{ transactionId: '123456789012345678', renewalNumber: 2 },
        kind: envelope.event.type === 'CANCELLATION' ? 'refund' : 'purchase',
      });
    }
  });
});

describe('knownEvent', () => {
  const known = (type: string, fields: Parameters<typeof knownEvent>[1]) =>
    knownEvent(type, { transaction_id: '1', ...fields })?.kind;

  it('recognizes purchases and refunds', () => {
    expect(known('RENEWAL', { price: 0 })).toBe('purchase');
    expect(known('CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT', price: -1 })).toBe('refund');
    expect(known('CANCELLATION', { cancel_reason: 'UNKNOWN', price: '-1' })).toBe('refund');
    expect(known('CANCELLATION', { cancel_reason: 'UNSUBSCRIBE', price: 0 })).toBeUndefined();
    expect(known('PRODUCT_CHANGE', { price: 0 })).toBeUndefined();
  });
});

describe('exclusionOf', () => {
  it.each<[ExportValues, string | undefined]>([
    [{}, undefined],
    [{ is_sandbox: 'true' }, 'sandbox'],
    [{ ownership_type: 'FAMILY_SHARED' }, 'familyShared'],
    [{ store: 'promotional' }, 'promotional'],
    [{ end_time: '2026-01-01 00:00:00' }, 'invalidated'],
  ])('of %j is %s', (values, expected) => {
    expect(exclusionOf(rowOf(values))).toBe(expected);
  });
});
