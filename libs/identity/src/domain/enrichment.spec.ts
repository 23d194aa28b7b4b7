import { type JsonObject } from '@app/revenuecat';
import { enrich, type EventPatch } from './enrichment';
import { observe } from './observation';
import { emptyProfile, type Profile } from './profile';
import { profileOf } from '../../test/profile.builder';

const keepAll = (_name: string, value: string): string => value;
const dropIp = (name: string, value: string): string | undefined => (name === '$ip' ? undefined : value);

/** Time of the event. */
const atMs = 8;

const enriched = (fields: JsonObject, known: Profile, rule = keepAll as typeof dropIp): EventPatch =>
  enrich({ id: 'e1', type: 'RENEWAL', fields: { event_timestamp_ms: atMs, ...fields } }, known, rule, atMs);

describe('enriching an event', () => {
  it('adds nothing to an event that has everything that is known', () => {
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

  it("adds missing ids after those received, the app's own first", () => {
    const known = profileOf({ aliases: ['u', '$RCAnonymousID:1', 'b', 'a'] });
    expect(enriched({ app_user_id: 'u', aliases: ['b', 'b'] }, known)).toEqual({
      aliases: ['b', 'b', 'a', 'u', '$RCAnonymousID:1'],
    });
    expect(enriched({ app_user_id: 'u', aliases: 'b' }, profileOf({ aliases: ['a'] }))).toEqual({
      aliases: ['b', 'a'],
    });
  });

  it.each([[undefined], [null], [''], [7.5]])('sets original_app_user_id if it is %p', (original) => {
    const known = profileOf({ original: ['first', 1] });
    const fields: JsonObject = original === undefined ? {} : { original_app_user_id: original };
    expect(enriched(fields, known)).toEqual({ original_app_user_id: 'first' });
  });

  it("sends the event's own attributes, unless a value newer than the event is known, and adds what it lacks", () => {
    const known = profileOf({
      attributes: { plan: ['gold', atMs + 1], city: ['Rome', 1], team: ['red', 3], size: ['L', atMs] },
    });
    const fields = {
      subscriber_attributes: {
        plan: { value: 'silver', updated_at_ms: 5 },
        city: { value: 'Oslo', updated_at_ms: 2 },
        size: { value: 'M', updated_at_ms: 2 },
      },
    };
    expect(enriched(fields, known)).toEqual({
      subscriber_attributes: {
        plan: { value: 'gold', updated_at_ms: atMs + 1 },
        city: { value: 'Oslo', updated_at_ms: 2 },
        size: { value: 'M', updated_at_ms: 2 },
        team: { value: 'red', updated_at_ms: 3 },
      },
    });
  });

  it('sends the current value, also after an attribute was stamped in the future', () => {
    const wrongClock = { plan: { value: 'old', updated_at_ms: 2_051_222_400_000 } };
    const [learned] = observe({ id: 'e0', type: 'RENEWAL', fields: { app_user_id: 'u', subscriber_attributes: wrongClock } }, 5); // prettier-ignore
    const fields = { app_user_id: 'u', subscriber_attributes: { plan: { value: 'new', updated_at_ms: 4 } } };
    expect(enriched(fields, learned?.learned ?? emptyProfile)).toEqual({});
  });

  it('caps times of attributes at that of the event, and sends other times as received', () => {
    const sent = (time: JsonObject[string]) => {
      const fields = { subscriber_attributes: { plan: { value: 'new', updated_at_ms: time, source: 'x' } } };
      return enriched(fields, profileOf({}));
    };
    for (const late of [atMs + 1, 2_051_222_400_000, 78_789_789_798_798, '99999999999999999999']) {
      expect(sent(late)).toEqual({
        subscriber_attributes: { plan: { value: 'new', updated_at_ms: atMs, source: 'x' } },
      });
    }
    for (const time of [atMs, 4.5, 0, -1, null, '2035-01-01']) expect(sent(time)).toEqual({});
    const unparsed = { plan: { value: 3, updated_at_ms: atMs + 1 } };
    expect(enriched({ subscriber_attributes: unparsed }, profileOf({}))).toEqual({
      subscriber_attributes: { plan: { value: 3, updated_at_ms: atMs } },
    });
  });

  it('hashes or drops a value that is too long to remember, or not well-formed', () => {
    const hash = (_name: string, value: string): string => `hash of ${value.length}`;
    const fields = {
      subscriber_attributes: { long: { value: 'x'.repeat(5_000) }, half: { value: '\ud800' } },
    };
    expect(enriched(fields, profileOf({}), hash)).toEqual({
      subscriber_attributes: {
        long: { value: 'hash of 5000', updated_at_ms: atMs },
        half: { value: 'hash of 1', updated_at_ms: atMs },
      },
    });
    expect(enriched(fields, profileOf({}), () => undefined)).toEqual({ subscriber_attributes: {} });
    expect(enriched(fields, profileOf({}))).toEqual({});
  });

  it.each<[JsonObject, string | undefined, EventPatch]>([
    [{ environment: 'PRODUCTION' }, 'SANDBOX', {}],
    [{ environment: 'SANDBOX' }, 'PRODUCTION', {}],
    [{}, 'PRODUCTION', {}],
    [{}, undefined, {}],
    [{}, 'SANDBOX', { environment: 'SANDBOX' }],
    [{ environment: 'TEST' }, 'PRODUCTION', { environment: 'SANDBOX' }],
    [{ environment: 'sandbox' }, undefined, { environment: 'SANDBOX' }],
  ])('adds to %j after an event of %s: %j', (fields, known, patch) => {
    const profile =
      known === undefined ? emptyProfile : { ...emptyProfile, environment: { value: known, atMs: 1 } };
    expect(enriched(fields, profile)).toEqual(patch);
  });

  it.each([null, ''])('does not send an attribute that the event clears with %p', (cleared) => {
    const fields = { subscriber_attributes: { plan: { value: cleared, updated_at_ms: 9 } } };
    const known = profileOf({ attributes: { plan: ['', 9] } });
    expect(enriched(fields, known)).toEqual({ subscriber_attributes: {} });
  });

  it('does not send the value of an event if it was cleared after the event', () => {
    const fields = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    expect(enriched(fields, profileOf({ attributes: { plan: ['', atMs + 1] } }))).toEqual({
      subscriber_attributes: {},
    });
    expect(enriched({}, profileOf({ attributes: { plan: ['', 9] } }))).toEqual({});
  });

  it('stays flat if attributes were received flat, as on paywall events', () => {
    const fields = { paywall_id: 'p', event_id: 'e', subscriber_attributes: { plan: 'gold' } };
    expect(enriched(fields, profileOf({ attributes: { city: ['Rome', 1] } }))).toEqual({
      subscriber_attributes: { plan: 'gold', city: 'Rome' },
    });
  });

  it("applies the rule to the event's own attributes, known ones, and those of unknown shape", () => {
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

  it('sends an attribute of unknown shape if the rule passes everything through', () => {
    expect(enriched({ subscriber_attributes: { plan: { value: 3 } } }, profileOf({}))).toEqual({});
  });

  it.each([['text'], [['a list']], [7]])('replaces attributes that are not an object: %p', (given) => {
    const known = profileOf({ attributes: { city: ['Rome', 1] } });
    expect(enriched({ subscriber_attributes: given }, known)).toEqual({
      subscriber_attributes: { city: { value: 'Rome', updated_at_ms: 1 } },
    });
  });

  it('treats __proto__ as an ordinary name', () => {
    const known = profileOf({
      attributes: JSON.parse('{"__proto__": ["x", 1]}') as Record<string, [string, number]>,
    });
    expect(JSON.stringify(enriched({}, known))).toBe(
      '{"subscriber_attributes":{"__proto__":{"value":"x","updated_at_ms":1}}}',
    );
  });
});
