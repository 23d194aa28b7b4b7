import { type JsonObject } from '@app/revenuecat';
import fc from 'fast-check';
import { eventValue, type RevenueMode } from './event-value';

const modes: readonly RevenueMode[] = ['gross', 'after_commission', 'after_commission_and_tax'];
const valueOf = (fields: JsonObject, mode: RevenueMode) =>
  eventValue({ id: 'e1', type: 'RENEWAL', fields }, mode);

const appStore = { price: 9.99, commission_percentage: 0.15, tax_percentage: 0.19 };

it.each([
  ['gross', 9.99],
  ['after_commission', 8.4915],
  ['after_commission_and_tax', 6.5934],
] as const)('in mode %s, the value of 9.99 USD less 15 %% and 19 %% is %d', (mode, valueUsd) => {
  expect(valueOf(appStore, mode)).toEqual({ valueUsd, basis: mode, grossUsd: 9.99, proceedsUsd: 6.5934 });
});

it.each<[string, JsonObject]>([
  ['absent', { price: 5 }],
  ['null', { price: 5, commission_percentage: null, tax_percentage: null }],
  ['text', { price: 5, commission_percentage: '0.15', tax_percentage: '0' }],
  ['negative', { price: 5, commission_percentage: -0.15, tax_percentage: 0 }],
  ['more than the price', { price: 5, commission_percentage: 30, tax_percentage: 19 }],
  ['only deprecated', { price: 5, takehome_percentage: 0.7 }],
])('is gross and marked if the percentages are %s', (_what, fields) => {
  for (const mode of ['after_commission', 'after_commission_and_tax'] as const)
    expect(valueOf(fields, mode)).toEqual({ valueUsd: 5, basis: 'gross_percentages_missing', grossUsd: 5 });
});

it('needs the tax only to deduct it', () => {
  const fields = { price: 10, commission_percentage: 0.3, tax_percentage: null };
  expect(valueOf(fields, 'after_commission')).toEqual({
    valueUsd: 7,
    basis: 'after_commission',
    grossUsd: 10,
  });
  expect(valueOf(fields, 'after_commission_and_tax')).toMatchObject({ basis: 'gross_percentages_missing' });
});

it('is zero if commission and tax are the whole price', () => {
  const fields = { price: -3, commission_percentage: 0.7, tax_percentage: 0.3 };
  expect(valueOf(fields, 'after_commission_and_tax')?.valueUsd).toBe(0);
});

it('is zero for a trial, with or without percentages', () => {
  for (const mode of modes)
    expect(valueOf({ price: 0 }, mode)).toEqual({ valueUsd: 0, basis: mode, grossUsd: 0, proceedsUsd: 0 });
});

it.each([undefined, null, '9.99'])('is absent if the price is %j', (price) => {
  expect(valueOf(price === undefined ? {} : { price }, 'after_commission')).toBeUndefined();
});

const percentage = fc.oneof(fc.constant(undefined), fc.double({ min: -0.2, max: 1.2, noNaN: true }));
const anyPrice = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
);
const anyEvent = fc.record({
  price: anyPrice,
  commission: percentage,
  tax: percentage,
  mode: fc.constantFrom(...modes),
});

const fieldsOf = ({
  price,
  commission,
  tax,
}: {
  price: number;
  commission?: number | undefined;
  tax?: number | undefined;
}): JsonObject => ({
  price,
  ...(commission !== undefined && { commission_percentage: commission }),
  ...(tax !== undefined && { tax_percentage: tax }),
});

it('adds up to zero for a purchase and its refund, in every mode', () => {
  fc.assert(
    fc.property(anyEvent, ({ price, mode, ...percentages }) => {
      const purchase = valueOf(fieldsOf({ price, ...percentages }), mode);
      const refund = valueOf(fieldsOf({ price: -price, ...percentages }), mode);
      expect((purchase?.valueUsd ?? NaN) + (refund?.valueUsd ?? NaN)).toBe(0);
      expect((purchase?.proceedsUsd ?? 0) + (refund?.proceedsUsd ?? 0)).toBe(0);
      expect(purchase?.basis).toBe(refund?.basis);
    }),
  );
});

it('has the sign of the price, at most its amount, and at most six decimals after a deduction', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const value = valueOf(fieldsOf(event), event.mode);
      if (value === undefined) throw new Error('an event with a price has a value');
      const { valueUsd, basis } = value;
      expect(valueUsd * Math.sign(event.price)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(valueUsd)).toBeLessThanOrEqual(Math.abs(event.price) + 1e-6);
      if (basis.startsWith('after_') && Math.abs(valueUsd) < 1e9)
        expect(String(valueUsd)).toMatch(/^(-?\d+(\.\d{1,6})?|-?[1-9]e-6)$/);
    }),
  );
});
