import { type RevenueCatEvent, sidesOf, statedEnvironmentOf, textField } from '@app/revenuecat';
import { type CustomerState, joinStates } from './customer-state';
import { maxStateTextLength } from './limits';
import { namesOf, type Purchase, purchasesIn, type Terms } from './purchases';
import { type TimestampedValue } from './timestamped-value';

/** What a transfer changes in the state of both customers; undefined if the event is none. */
export function transferredState(
  event: RevenueCatEvent,
  from: CustomerState,
  atMs: number,
): { lost: CustomerState; gained: CustomerState } | undefined {
  if (sidesOf(event) === undefined) return undefined;
  const named = textField(event.fields, 'store')?.toUpperCase().toWellFormed() ?? '';
  const store = named.length > maxStateTextLength ? '' : named;
  const environment = statedEnvironmentOf(event);
  const moved = [...purchasesIn(from)].filter(
    ([id, purchase]) =>
      (store === '' || purchase.terms.store === store) &&
      (environment === undefined || purchase.terms.environment === environment) &&
      purchase.atMs <= atMs &&
      // If the event is read again, the purchases are already lost because of it, or may have been gained since.
      !isLost(from, id, purchase, atMs) &&
      (from.get(`l:${id}`)?.atMs ?? 0) <= atMs,
  );
  const registers = moved.flatMap(([id]) =>
    namesOf(id).flatMap((name): [string, TimestampedValue][] => {
      const value = from.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const lost = moved.filter(([, { terms }]) => !isGainedAfter(from, terms, atMs));
  const marks = (value: 'lost' | 'gained', purchases: typeof moved): CustomerState =>
    new Map([
      [markOf(environment ?? '', store), { value, atMs }],
      ...purchases.map(([id]): [string, TimestampedValue] => [`l:${id}`, { value, atMs }]),
    ]);
  return { lost: marks('lost', lost), gained: joinStates(marks('gained', moved), new Map(registers)) };
}

/**
 * Whether the purchase was transferred to another customer, and not back. A transfer of its store counts too, because the
 * purchase may not have been known when the transfer was read. What is known of the purchase itself has priority over a gain of
 * its store, which may have been of other purchases.
 */
export function isLost(
  state: CustomerState,
  id: string,
  { terms, atMs }: Purchase,
  exceptAtMs?: number,
): boolean {
  const isCounted = (mark: TimestampedValue | undefined): mark is TimestampedValue =>
    mark !== undefined && mark.atMs !== exceptAtMs;
  const own = [state.get(`l:${id}`)].filter(isCounted);
  const ofStore = marksOf(state, terms).filter(isCounted);
  const marks = own.length === 0 ? ofStore : [...own, ...ofStore.filter(({ value }) => value === 'lost')];
  const lastMs = Math.max(...marks.map((mark) => mark.atMs));
  return atMs <= lastMs && marks.some((mark) => mark.value === 'lost' && mark.atMs === lastMs);
}

/** Whether a later transfer in the other direction was read first. It moved back what was not known then. */
function isGainedAfter(state: CustomerState, terms: Terms, atMs: number): boolean {
  return marksOf(state, terms).some((mark) => mark.value === 'gained' && mark.atMs > atMs);
}

const markOf = (environment: string, store: string): string => `m:${environment}:${store}`;

function marksOf(state: CustomerState, { environment, store }: Terms): TimestampedValue[] {
  const names = [environment, ''].flatMap((of) => [markOf(of, store), markOf(of, '')]);
  return names.map((name) => state.get(name)).filter((mark) => mark !== undefined);
}
