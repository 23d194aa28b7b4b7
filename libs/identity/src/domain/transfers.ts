import { type RevenueCatEvent, sidesOf } from '@app/revenuecat';
import { type CustomerState, emptyState, joinStates } from './customer-state';
import { namingOnly, type Observation } from './observation';
import { emptyProfile, join, type Profile } from './profile';
import { transferredState } from './transferred-state';

/** An event with the time at which it happened, and what is known of each customer that it names. */
export interface ObservedEvent {
  event: RevenueCatEvent;
  atMs: number;
  observations: readonly Observation[];
  known: readonly Profile[];
}

export interface AppliedTransfers {
  /** What is known at each event, with the transfers of the batch up to it. */
  known: Profile[][];
  /**
   * To be joined into the profiles. The gains come first: if only they are written, the purchases can be moved again when the
   * event is read again.
   */
  gained: Observation[];
  lost: Observation[];
}

/** Moves the purchases of each transfer in a batch of events from the customer who lost them to the one who gained them. */
export function applyTransfers(events: readonly ObservedEvent[]): AppliedTransfers {
  const changes = new Map<string, CustomerState>();
  const gained: Observation[] = [];
  const lost: Observation[] = [];
  const known = events.map(({ event, atMs, observations, known: before }) => {
    const profiles = before.map((profile) => withState(profile, changes.get(keyOf(profile))));
    // A side without ids was not observed.
    const sides = sidesOf(event)?.filter(({ ids }) => ids.length > 0) ?? [];
    const from = sides.findIndex(({ side }) => side === 'from');
    const states = transferredState(event, profiles[from]?.state ?? emptyState, atMs);
    const isOneCustomer = sides.length === 2 && keyOf(profiles[0]) === keyOf(profiles[1]);
    if (states === undefined || isOneCustomer) return profiles;
    return profiles.map((profile, i) => {
      const change = i === from ? states.lost : states.gained;
      const ids = observations[i]?.ids ?? [];
      (i === from ? lost : gained).push(namingOnly(ids, { ...emptyProfile, state: change }));
      changes.set(keyOf(profile), joinStates(changes.get(keyOf(profile)) ?? emptyState, change));
      return withState(profile, change);
    });
  });
  return { known, gained, lost };
}

const keyOf = (profile: Profile | undefined): string => profile?.orderKey?.value ?? '';

function withState(profile: Profile, state: CustomerState | undefined): Profile {
  return state === undefined ? profile : join(profile, { ...emptyProfile, state });
}
