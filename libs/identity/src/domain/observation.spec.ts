import { type JsonObject, type RevenueCatEvent } from '@app/revenuecat';
import { maxAliases } from './limits';
import { observe } from './observation';
import { emptyProfile } from './profile';

const event = (type: string, fields: JsonObject): RevenueCatEvent => ({ id: 'e1', type, fields });

describe('what an event shows about its customer', () => {
  it('includes all of its ids, its attributes and the original id', () => {
    const [seen] = observe(
      event('RENEWAL', {
        event_timestamp_ms: 7,
        app_user_id: 'u',
        original_app_user_id: 'o',
        aliases: ['a', 'u'],
        subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 }, city: { value: null } },
      }),
    );
    expect(seen?.ids).toEqual(['o', 'u', 'a']);
    expect(seen?.learned.original).toEqual({ value: 'o', atMs: 7 });
    expect([...(seen?.learned.attributes ?? [])]).toEqual([
      ['plan', { value: 'gold', updatedAtMs: 5 }],
      ['city', { value: '', updatedAtMs: 7 }],
    ]);
  });

  it('is nothing if it has no id that identifies a customer', () => {
    expect(observe(event('RENEWAL', {}))).toEqual([]);
    expect(observe(event('RENEWAL', { app_user_id: 'guest', aliases: ['', 'null', 7.5] }))).toEqual([]);
  });

  it('is never newer than the event', () => {
    const attribute = { value: 'x', updated_at_ms: 2_051_222_400_000 };
    const named = event('RENEWAL', { original_app_user_id: 'o', environment: 'SANDBOX', subscriber_attributes: { plan: attribute } }); // prettier-ignore
    expect(
      observe({ ...named, fields: { ...named.fields, event_timestamp_ms: 9 } })[0]?.learned,
    ).toMatchObject({
      original: { value: 'o', atMs: 9 },
      environment: { value: 'SANDBOX', atMs: 9 },
      attributes: new Map([['plan', { value: 'x', updatedAtMs: 9 }]]),
    });
    expect(observe(named, 7)[0]?.learned.attributes.get('plan')?.updatedAtMs).toBe(7);
  });

  it('has the environment only if the event states one', () => {
    expect(observe(event('EXPERIMENT_ENROLLMENT', { app_user_id: 'u' }))[0]?.learned).not.toHaveProperty(
      'environment',
    );
  });

  it('has no attributes with names or values that are far too long', () => {
    const long = { ['n'.repeat(300)]: 'x', long: 'x'.repeat(5_000), plan: 'gold' };
    const [seen] = observe(event('RENEWAL', { app_user_id: 'u', subscriber_attributes: long }));
    expect([...(seen?.learned.attributes.keys() ?? [])]).toEqual(['plan']);
  });

  it('is the same if an id is sent as a number', () => {
    const [seen] = observe(event('RENEWAL', { app_user_id: 41_234_567_890, aliases: ['41234567890'] }));
    expect(seen?.ids).toEqual(['41234567890']);
  });

  it.each([
    ['TRANSFER', { transferred_from: ['a', 'b'], transferred_to: ['c'] }],
    ['PURCHASE_REDEEMED', { redeemed_from: ['a', 'b'], redeemed_by: ['c'], redemption_outcome: 'transfer' }],
  ])('is two separate customers for a %s', (type, fields) => {
    expect(observe(event(type, fields))).toEqual([
      { ids: ['a', 'b'], learned: emptyProfile, isNamingOnly: true },
      { ids: ['c'], learned: emptyProfile, isNamingOnly: true },
    ]);
  });

  it('includes that payer and redeemer are one customer only if a purchase is redeemed by alias', () => {
    const redeemed = { redeemed_from: ['payer'], redeemed_by: ['redeemer'] };
    const idsFor = (outcome: string): unknown =>
      observe(event('PURCHASE_REDEEMED', { ...redeemed, redemption_outcome: outcome }))[0]?.ids;
    expect(idsFor('alias')).toEqual(['redeemer', 'payer']);
    expect(idsFor('redeemer_owns')).toEqual(['redeemer']);
  });

  it('has at most as many ids as a profile keeps', () => {
    const aliases = Array.from({ length: 5_000 }, (_, n) => `id-${n}`);
    const [seen] = observe(event('RENEWAL', { app_user_id: 'zz', aliases }));
    expect(seen?.ids).toHaveLength(maxAliases + 1);
    expect(seen?.ids[0]).toBe('zz');
  });
});
