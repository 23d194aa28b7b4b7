import { type JsonObject } from '@app/revenuecat';
import fc from 'fast-check';
import { limits } from './limits';
import { attributesTruncatedKey, eventIdKey, eventTypeKey, metadataOf, truncatedKey } from './metadata';

const metadata = (fields: JsonObject): Record<string, string> =>
  metadataOf({ id: 'e1', type: 'RENEWAL', fields }, undefined).metadata;

describe('metadata for Statsig', () => {
  it("is the event's fields as text, with RevenueCat's event id and type", () => {
    expect(
      metadata({
        id: 'e1',
        type: 'RENEWAL',
        product_id: 'pro:monthly',
        price: -9.99,
        is_trial_conversion: true,
        entitlement_ids: ['pro', 'plus'],
        offer_code: null,
        subscriber_attributes: { $email: { value: 'a@b.c' } },
        aliases: ['u'],
      }),
    ).toEqual({
      [eventIdKey]: 'e1',
      [eventTypeKey]: 'RENEWAL',
      product_id: 'pro:monthly',
      price: '-9.99',
      is_trial_conversion: 'true',
      entitlement_ids: 'pro,plus',
    });
  });

  it('flattens nested values, without dots or dollar signs in keys', () => {
    expect(
      metadata({
        adjustments: [{ amount: 5, currency: { code: 'GLD' } }],
        'a.b': 1,
        metadata: { 'utm.source': 'x', $y: 'z' },
      }),
    ).toMatchObject({
      adjustments_0_amount: '5',
      adjustments_0_currency_code: 'GLD',
      a_b: '1',
      metadata_utm_source: 'x',
      metadata__y: 'z',
    });
  });

  it('keeps both of two fields whose names become the same', () => {
    const long = 'n'.repeat(70);
    expect(
      metadata({ 'a.b': 1, a_b: 2, a: { b: 3 }, [`${long}1`]: 4, [`${long}2`]: 5, [eventIdKey]: 'x' }),
    ).toEqual({
      [eventIdKey]: 'e1',
      [`${eventIdKey}_2`]: 'x',
      [eventTypeKey]: 'RENEWAL',
      a_b: '3',
      a_b_2: '1',
      a_b_3: '2',
      [long.slice(0, 64)]: '4',
      [`${long.slice(0, 62)}_2`]: '5',
    });
  });

  it('is marked as truncated if too many fields have names that become the same', () => {
    const names = Array.from({ length: 10 }, (_, n) => `${'.'.repeat(n)}${'_'.repeat(9 - n)}`);
    const made = metadata(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(Object.keys(made)).toHaveLength(2 + 9 + 1);
    expect(made[truncatedKey]).toBe('true');
  });

  it('cannot be marked as truncated by the event', () => {
    const made = metadata({ [truncatedKey]: 'x', [attributesTruncatedKey]: 'y' });
    expect(made).not.toHaveProperty(truncatedKey);
    expect(made).toMatchObject({ [`${truncatedKey}_2`]: 'x', [`${attributesTruncatedKey}_2`]: 'y' });
  });

  it('has what the value is before all fields of the event, which cannot replace it', () => {
    const { metadata: made } = metadataOf(
      { id: 'e1', type: 'RENEWAL', fields: { product_id: 'pro', rc_gross_usd: 1 } },
      { valueUsd: 4, basis: 'after_commission', grossUsd: 5, proceedsUsd: 3 },
    );
    expect(Object.entries(made).slice(2, 5)).toEqual([
      ['rc_value_basis', 'after_commission'],
      ['rc_gross_usd', '5'],
      ['rc_proceeds_usd', '3'],
    ]);
    expect(made['rc_gross_usd_2']).toBe('1');
  });

  it('does not send null, also in lists', () => {
    expect(metadata({ aliases_seen: [null, 'a', null], none: [null] })).toMatchObject({ aliases_seen: 'a' });
    expect(metadata({ none: [null] })).not.toHaveProperty('none');
  });

  it('trims what does not fit, least important first, and is marked as truncated', () => {
    const long = 'x'.repeat(3_900);
    const made = metadata({ zzz: long, store: 'APP_STORE', product_id: 'pro', aaa: long });
    expect(Object.keys(made)).toEqual([eventIdKey, eventTypeKey, 'product_id', 'store', 'aaa', truncatedKey]);
    expect(made[truncatedKey]).toBe('true');
  });

  it('trims values that are nested deeper than anything RevenueCat sends', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as JsonObject;
    expect(metadata({ deep })).toEqual({
      [eventIdKey]: 'e1',
      [eventTypeKey]: 'RENEWAL',
      [truncatedKey]: 'true',
    });
  });

  it('reports each value that is trimmed, and why', () => {
    const repeated = Object.fromEntries(['a', '.', '..', '$'].map((name) => [name, 1]));
    const deep = JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`) as JsonObject;
    const long = { ...repeated, deep, store: 'APP_STORE', zzz: 'x'.repeat(4_096) };
    const { metadata: made, trimmed } = metadataOf({ id: 'e1', type: 'RENEWAL', fields: long }, undefined);
    expect(made).toMatchObject({ store: 'APP_STORE', a: '1' });
    expect(trimmed).toEqual([
      { part: 'metadata', name: 'deep_a_a_a_a', cause: 'depth' },
      { part: 'metadata', name: 'zzz', cause: 'size' },
    ]);
    const same = Array.from({ length: 10 }, (_, n) => `${'.'.repeat(n)}${'_'.repeat(9 - n)}`);
    const fields = Object.fromEntries(same.map((name) => [name, 'x']));
    expect(metadataOf({ id: 'e1', type: 'RENEWAL', fields }, undefined).trimmed).toMatchObject([
      { cause: 'repeated_key' },
    ]);
  });

  it("stays within Statsig's limits for any event, and always has the event id", () => {
    const anything = fc.dictionary(fc.string({ unit: 'binary', maxLength: 100 }), fc.jsonValue());
    const long = fc.dictionary(fc.string(), fc.string({ minLength: 1_000, maxLength: 3_000 }), {
      maxKeys: 5,
    });
    fc.assert(
      fc.property(
        fc.string({ maxLength: 256 }),
        fc.string({ unit: 'binary' }),
        fc.oneof(anything, long),
        (id, type, fields) => {
          const { metadata: made } = metadataOf({ id, type, fields: fields as JsonObject }, undefined);
          expect(JSON.stringify(made).length).toBeLessThanOrEqual(limits.metadataLength);
          expect(made[eventIdKey]).toBe(id);
          for (const [key, value] of Object.entries(made)) {
            expect(key).not.toMatch(/[.$]/);
            expect(key.length).toBeLessThanOrEqual(limits.nameLength);
            expect(typeof value).toBe('string');
            expect((key + value).isWellFormed() || value === id).toBe(true);
          }
        },
      ),
    );
  });
});
