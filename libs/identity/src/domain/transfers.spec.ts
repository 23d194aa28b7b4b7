import { type RevenueCatEvent } from '@app/revenuecat';
import { observe } from './observation';
import { emptyProfile, join, type Profile } from './profile';
import { applyTransfers, type KnownEvent } from './transfers';
import { userStateOf } from './user-state';

const startMs = Date.UTC(2026, 0, 1);
const at = (day: number): number => startMs + day * 86_400_000;

const purchase = (user: string, day: number, store = 'APP_STORE'): RevenueCatEvent => ({
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
  },
});

const transfer = (
  from: string,
  to: string,
  day: number,
  store: string | null = 'APP_STORE',
): RevenueCatEvent => ({
  id: `transfer-${day}`,
  type: 'TRANSFER',
  fields: { transferred_from: [from], transferred_to: [to], event_timestamp_ms: at(day), store },
});

/** The profiles of customers with one id each, as the store would keep them. */
class Profiles {
  private readonly profiles = new Map<string, Profile>();

  /** Reads the events as one batch. */
  read(...events: RevenueCatEvent[]): Profile[][] {
    const observed = events.map((event): KnownEvent => {
      const atMs = Number(event.fields['event_timestamp_ms']);
      const observations = observe(event, atMs, true);
      const known = observations.map(({ ids: [id = ''], learned }) => this.join(id, learned));
      return { event, atMs, observations, known };
    });
    const { known, gained, lost } = applyTransfers(observed);
    for (const { ids, learned } of [...gained, ...lost]) for (const id of ids) this.join(id, learned);
    return known;
  }

  entitlementsOf(id: string): string[] | undefined {
    return entitlementsIn(this.profiles.get(id));
  }

  private join(id: string, learned: Profile): Profile {
    const orderKey = { value: id, sinceMs: 1 };
    const joined = join(this.profiles.get(id) ?? { ...emptyProfile, orderKey }, learned);
    this.profiles.set(id, joined);
    return joined;
  }
}

const entitlementsIn = (profile: Profile | undefined): string[] | undefined =>
  userStateOf(profile?.state ?? new Map(), at(50), 'PRODUCTION').entitlements;

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
    expect(known.map((profiles) => profiles.map(entitlementsIn))).toEqual([
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
});
