import { type Environment, type JsonObject, type RevenueCatEvent } from '@app/revenuecat';
import fc from 'fast-check';
import { observe } from './observation';
import { emptyProfile, join, type Profile } from './profile';
import { applyTransfers, type ObservedEvent } from './transfers';
import { userStateOf } from './user-state';

const startMs = Date.UTC(2026, 0, 1);
const at = (day: number): number => startMs + day * 86_400_000;

const purchase = (
  user: string,
  day: number,
  store = 'APP_STORE',
  fields: JsonObject = {},
): RevenueCatEvent => ({
  id: `purchase-${day}`,
  type: 'INITIAL_PURCHASE',
  fields: {
    app_user_id: user,
    event_timestamp_ms: at(day),
    product_id: 'plus',
    store,
    environment: 'PRODUCTION',
    entitlement_ids: [`plus-${store}`],
    original_transaction_id: `${user}-${store}`,
    expiration_at_ms: at(100),
    ...fields,
  },
});

const transfer = (
  from: string,
  to: string,
  day: number,
  store: string | null = 'APP_STORE',
  environment: Environment | null = null,
): RevenueCatEvent => ({
  id: `transfer-${day}`,
  type: 'TRANSFER',
  fields: { transferred_from: [from], transferred_to: [to], event_timestamp_ms: at(day), store, environment },
});

/** The profiles of customers with one id each, as the store would keep them. */
class Profiles {
  private readonly profiles = new Map<string, Profile>();

  /** Reads the events as one batch. */
  read(...events: RevenueCatEvent[]): Profile[][] {
    const observed = events.map((event): ObservedEvent => {
      const atMs = Number(event.fields['event_timestamp_ms']);
      const observations = observe(event, atMs, true);
      const known = observations.map(({ ids: [id = ''], learned }) => this.join(id, learned));
      return { event, atMs, observations, known };
    });
    const { known, gained, lost } = applyTransfers(observed);
    for (const { ids, learned } of [...gained, ...lost]) for (const id of ids) this.join(id, learned);
    return known;
  }

  entitlementsOf(id: string, environment?: Environment): string[] | undefined {
    return entitlementsIn(this.profiles.get(id), environment);
  }

  private join(id: string, learned: Profile): Profile {
    const orderKey = { value: id, sinceMs: 1 };
    const joined = join(this.profiles.get(id) ?? { ...emptyProfile, orderKey }, learned);
    this.profiles.set(id, joined);
    return joined;
  }
}

const entitlementsIn = (
  profile: Profile | undefined,
  environment: Environment = 'PRODUCTION',
): string[] | undefined => userStateOf(profile?.state ?? new Map(), at(50), environment).entitlements;

describe('a transfer', () => {
  it('moves the purchases of its store from the customer who lost them to the one who gained them', () => {
    const profiles = new Profiles();
    profiles.read(purchase('ann', 1), purchase('ann', 1, 'STRIPE'), transfer('ann', 'ben', 2));
    expect(profiles.entitlementsOf('ann')).toEqual(['plus-STRIPE']);
    expect(profiles.entitlementsOf('ben')).toEqual(['plus-APP_STORE']);
  });

  it('moves all purchases if it states no store', () => {
    const profiles = new Profiles();
    profiles.read(purchase('ann', 1), purchase('ann', 1, 'STRIPE'), transfer('ann', 'ben', 2, null));
    expect(profiles.entitlementsOf('ann')).toEqual([]);
    expect(profiles.entitlementsOf('ben')).toEqual(['plus-APP_STORE', 'plus-STRIPE']);
  });

  it('is known at the event itself and at later events of the batch, for both customers', () => {
    const later = (user: string) => ({ ...purchase(user, 3), type: 'PRODUCT_CHANGE' });
    const known = new Profiles().read(
      purchase('ann', 1),
      transfer('ann', 'ben', 2),
      later('ann'),
      later('ben'),
    );
    expect(known.map((profiles) => profiles.map((profile) => entitlementsIn(profile)))).toEqual([
      [['plus-APP_STORE']],
      [[], ['plus-APP_STORE']],
      [[]],
      [['plus-APP_STORE']],
    ]);
  });

  it('changes nothing if it is read again, also after later transfers', () => {
    const profiles = new Profiles();
    const [first, back, on] = [
      transfer('ann', 'ben', 2),
      transfer('ben', 'ann', 4),
      transfer('ann', 'cat', 6),
    ];
    profiles.read(purchase('ann', 1), first);
    profiles.read(back);
    expect([profiles.entitlementsOf('ann'), profiles.entitlementsOf('ben')]).toEqual([
      ['plus-APP_STORE'],
      [],
    ]);
    profiles.read(on, first, back, on);
    expect(['ann', 'ben', 'cat'].map((id) => profiles.entitlementsOf(id))).toEqual([
      [],
      [],
      ['plus-APP_STORE'],
    ]);
  });

  it('leaves the customer without purchases that are older, even if they are read later', () => {
    const profiles = new Profiles();
    profiles.read(transfer('ann', 'ben', 2), purchase('ann', 1));
    expect(profiles.entitlementsOf('ann')).toEqual([]);
    profiles.read(purchase('ann', 3));
    expect(profiles.entitlementsOf('ann')).toEqual(['plus-APP_STORE']);
  });

  it('moves nothing between two ids of one customer', () => {
    const profiles = new Profiles();
    profiles.read(purchase('ann', 1), transfer('ann', 'ann', 2));
    expect(profiles.entitlementsOf('ann')).toEqual(['plus-APP_STORE']);
  });

  it('does not return what a customer lost when the customer gains other purchases of the store', () => {
    const profiles = new Profiles();
    const ofCat = purchase('cat', 1, 'APP_STORE', { entitlement_ids: ['of-cat'] });
    profiles.read(purchase('ann', 1), transfer('ann', 'ben', 2), ofCat, transfer('cat', 'ann', 4));
    expect(profiles.entitlementsOf('ann')).toEqual(['of-cat']);
    expect(profiles.entitlementsOf('ben')).toEqual(['plus-APP_STORE']);
  });

  it('that moved purchases back has the same result if it is read before the first one', () => {
    const profiles = new Profiles();
    profiles.read(purchase('ann', 1));
    profiles.read(transfer('ben', 'ann', 4));
    profiles.read(transfer('ann', 'ben', 2));
    expect(profiles.entitlementsOf('ann')).toEqual(['plus-APP_STORE']);
    expect(profiles.entitlementsOf('ben')).toEqual([]);
  });

  it('in the sandbox leaves purchases of production where they are', () => {
    const profiles = new Profiles();
    const test = purchase('ann', 1, 'APP_STORE', { environment: 'SANDBOX', original_transaction_id: 'test' });
    profiles.read(purchase('ann', 1), test, transfer('ann', 'ben', 2, 'APP_STORE', 'SANDBOX'));
    expect(profiles.entitlementsOf('ann')).toEqual(['plus-APP_STORE']);
    expect(profiles.entitlementsOf('ann', 'SANDBOX')).toEqual([]);
    expect(profiles.entitlementsOf('ben', 'SANDBOX')).toEqual(['plus-APP_STORE']);
  });
});

describe('a history of purchases, renewals and transfers', () => {
  const users = ['ann', 'ben', 'cat'];
  const user = fc.constantFrom(...users);
  const environments = ['PRODUCTION', 'SANDBOX'] as const;
  const stores = ['APP_STORE', 'PLAY_STORE'];
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('buy' as const),
        user,
        store: fc.constantFrom(...stores),
        environment: fc.constantFrom(...environments),
      }),
      fc.record({ kind: fc.constant('renew' as const), nth: fc.nat(5) }),
      fc.record({
        kind: fc.constant('move' as const),
        from: user,
        to: user,
        store: fc.option(fc.constantFrom(...stores)),
        environment: fc.option(fc.constantFrom(...environments)),
      }),
    ),
    { maxLength: 12 },
  );

  interface Owned {
    owner: string;
    store: string;
    environment: Environment;
    event: RevenueCatEvent;
  }

  /** The events, and who owns which purchase after them. */
  function historyOf(given: typeof steps extends fc.Arbitrary<infer T> ? T : never) {
    const owned: Owned[] = [];
    const events = given.flatMap((step, day): RevenueCatEvent[] => {
      switch (step.kind) {
        case 'buy': {
          const { store, environment } = step;
          const fields = { environment, original_transaction_id: `${day}`, entitlement_ids: [`e${day}`] };
          const event = purchase(step.user, day, store, fields);
          owned.push({ owner: step.user, store, environment, event });
          return [event];
        }
        case 'renew': {
          const renewed = owned[step.nth % owned.length];
          if (renewed === undefined) return [];
          const { fields } = renewed.event;
          return [
            {
              id: `renewal-${day}`,
              type: 'RENEWAL',
              fields: { ...fields, app_user_id: renewed.owner, event_timestamp_ms: at(day) },
            },
          ];
        }
        case 'move':
          for (const one of owned) {
            const isMoved =
              one.owner === step.from &&
              [null, one.store].includes(step.store) &&
              [null, one.environment].includes(step.environment);
            if (isMoved) one.owner = step.to;
          }
          return [transfer(step.from, step.to, day, step.store, step.environment)];
      }
    });
    const entitlementsBy = (id: string, environment: Environment): string[] =>
      owned
        .filter((one) => one.owner === id && one.environment === environment)
        .map(({ event }) => String((event.fields['entitlement_ids'] as string[])[0]))
        .sort();
    return { events, entitlementsBy };
  }

  const expectOwners = (profiles: Profiles, { entitlementsBy }: ReturnType<typeof historyOf>): void => {
    for (const id of users)
      for (const environment of environments)
        expect(profiles.entitlementsOf(id, environment) ?? []).toEqual(entitlementsBy(id, environment));
  };

  it('leaves every purchase with its last owner, read as one batch or one by one', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const history = historyOf(given);
        const [whole, single] = [new Profiles(), new Profiles()];
        whole.read(...history.events);
        for (const event of history.events) single.read(event);
        for (const profiles of [whole, single]) expectOwners(profiles, history);
      }),
      { numRuns: 300 },
    );
  });

  it('has the same result if any of its events are read again, in any order', () => {
    const again = steps.chain((given) => {
      const history = historyOf(given);
      return fc.tuple(fc.constant(history), fc.shuffledSubarray(history.events));
    });
    fc.assert(
      fc.property(again, ([history, repeated]) => {
        const profiles = new Profiles();
        profiles.read(...history.events);
        for (const event of repeated) profiles.read(event);
        expectOwners(profiles, history);
      }),
      { numRuns: 300 },
    );
  });
});
