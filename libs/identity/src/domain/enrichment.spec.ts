import { type JsonObject } from '@app/revenuecat';
import { enrich, type EventPatch } from './enrichment';
import { type Profile } from './profile';
import { profileOf } from '../../test/profile.builder';

const keepAll = (_name: string, value: string): string => value;
const dropIp = (name: string, value: string): string | undefined => (name === '$ip' ? undefined : value);

const enriched = (fields: JsonObject, known: Profile, rule = keepAll as typeof dropIp): EventPatch =>
  enrich(
    { id: 'e1', type: 'RENEWAL', fields: { event_timestamp_ms: 1_700_000_000_000, ...fields } },
    known,
    rule,
  );

describe('enriching an event', () => {
  it('adds nothing to an event that carries all that is known', () => {
    const known = profileOf({
      aliases: ['u', 'o', 'x'],
      attributes: { plan: ['gold', 5] },
      original: ['o', 1],
    });
    const fields = {
      app_user_id: 'u',
      original_app_user_id: 'o',
      aliases: ['x', 'x'],
      subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } },
    };
    expect(enriched(fields, known)).toEqual({});
  });

  it('adds the ids that are missing behind those that came, the app’s own first', () => {
    const known = profileOf({ aliases: ['u', '$RCAnonymousID:1', 'b', 'a'] });
    expect(enriched({ app_user_id: 'u', aliases: ['b', 'b'] }, known)).toEqual({
      aliases: ['b', 'b', 'a', 'u', '$RCAnonymousID:1'],
    });
    expect(enriched({ app_user_id: 'u', aliases: 'b' }, profileOf({ aliases: ['a'] }))).toEqual({
      aliases: ['b', 'a'],
    });
  });

  it.each([[undefined], [null], [''], [7.5]])('fills original_app_user_id where it is %p', (original) => {
    const known = profileOf({ original: ['first', 1] });
    const fields: JsonObject = original === undefined ? {} : { original_app_user_id: original };
    expect(enriched(fields, known)).toEqual({ original_app_user_id: 'first' });
  });

  it('sends of each attribute the newest value, whether the event’s or ours', () => {
    const known = profileOf({ attributes: { plan: ['gold', 9], city: ['Rome', 1], team: ['red', 3] } });
    const fields = {
      subscriber_attributes: {
        plan: { value: 'silver', updated_at_ms: 5 },
        city: { value: 'Oslo', updated_at_ms: 2 },
      },
    };
    expect(enriched(fields, known)).toEqual({
      subscriber_attributes: {
        plan: { value: 'gold', updated_at_ms: 9 },
        city: { value: 'Oslo', updated_at_ms: 2 },
        team: { value: 'red', updated_at_ms: 3 },
      },
    });
  });

  it.each([null, ''])('sends nothing of an attribute that the event clears with %p', (cleared) => {
    const fields = { subscriber_attributes: { plan: { value: cleared, updated_at_ms: 9 } } };
    const known = profileOf({ attributes: { plan: ['', 9] } });
    expect(enriched(fields, known)).toEqual({ subscriber_attributes: {} });
  });

  it('does not send the value that an event carries after it was cleared', () => {
    const fields = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    expect(enriched(fields, profileOf({ attributes: { plan: ['', 9] } }))).toEqual({
      subscriber_attributes: {},
    });
    expect(enriched({}, profileOf({ attributes: { plan: ['', 9] } }))).toEqual({});
  });

  it('stays flat where attributes came flat, as on paywall events', () => {
    const fields = { paywall_id: 'p', event_id: 'e', subscriber_attributes: { plan: 'gold' } };
    expect(enriched(fields, profileOf({ attributes: { city: ['Rome', 1] } }))).toEqual({
      subscriber_attributes: { plan: 'gold', city: 'Rome' },
    });
  });

  it('lets the rule decide about the event’s own attributes, ours, and those of a shape it cannot read', () => {
    const known = profileOf({ attributes: { $ip: ['1.1.1.1', 9] } });
    const own = { plan: { value: 'x', updated_at_ms: 1 } };
    for (const ip of [
      { value: '2.2.2.2', updated_at_ms: 1 },
      { value: 3 },
      ['2.2.2.2'],
      'flat',
      null,
    ] as const) {
      const fields = { subscriber_attributes: { ...own, $ip: ip as never } };
      expect(enriched(fields, known, dropIp)).toEqual({ subscriber_attributes: own });
    }
  });

  it('passes on what it cannot read where the rule lets it through', () => {
    expect(enriched({ subscriber_attributes: { plan: { value: 3 } } }, profileOf({}))).toEqual({});
  });

  it.each([['text'], [['a list']], [7]])('replaces attributes that are no object: %p', (given) => {
    const known = profileOf({ attributes: { city: ['Rome', 1] } });
    expect(enriched({ subscriber_attributes: given }, known)).toEqual({
      subscriber_attributes: { city: { value: 'Rome', updated_at_ms: 1 } },
    });
  });

  it('keeps a name such as __proto__ a name', () => {
    const known = profileOf({
      attributes: JSON.parse('{"__proto__": ["x", 1]}') as Record<string, [string, number]>,
    });
    expect(JSON.stringify(enriched({}, known))).toBe(
      '{"subscriber_attributes":{"__proto__":{"value":"x","updated_at_ms":1}}}',
    );
  });
});
