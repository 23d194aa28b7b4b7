import { isObject, type RevenueCatEvent, sidesOf, textField } from '@app/revenuecat';
import { capState, type CustomerState, joinStates } from './customer-state';
import { purchaseRegisters, purchasesIn } from './purchases';
import { type TimestampedValue } from './timestamped-value';
import { isLost } from './user-state';

const maxTextLength = 256;

/** What an event states about the purchases and experiments of its customer. */
export function observeState(event: RevenueCatEvent, atMs: number): CustomerState {
  return capState(new Map([...purchaseRegisters(event, atMs), ...experimentRegisters(event, atMs)]));
}

/** Enrolments are listed in `experiments`, and by EXPERIMENT_ENROLLMENT in fields of its own. */
function experimentRegisters({ fields }: RevenueCatEvent, atMs: number): [string, TimestampedValue][] {
  const listed = fields['experiments'];
  return [fields, ...(Array.isArray(listed) ? listed : [])].flatMap((entry): [string, TimestampedValue][] => {
    if (!isObject(entry)) return [];
    const id = textField(entry, 'experiment_id')?.toWellFormed();
    const variant = textField(entry, 'experiment_variant')?.toWellFormed();
    if (
      id === undefined ||
      variant === undefined ||
      id.length > maxTextLength ||
      variant.length > maxTextLength
    )
      return [];
    return [[`x:${id}`, { value: variant, atMs }]];
  });
}

/** What a transfer changes in the state of both customers; undefined if the event is none. */
export function transferredState(
  event: RevenueCatEvent,
  from: CustomerState,
  atMs: number,
): { lost: CustomerState; gained: CustomerState } | undefined {
  if (sidesOf(event) === undefined) return undefined;
  const store = textField(event.fields, 'store')?.toUpperCase().toWellFormed() ?? '';
  const register = `m:${store.length > maxTextLength ? '' : store}`;
  const moved = [...purchasesIn(from)].filter(
    ([, purchase]) =>
      (store === '' || purchase.terms.store === store) &&
      purchase.atMs <= atMs &&
      // If the event is read again, the purchases are already lost because of it.
      !isLost(from, purchase, atMs),
  );
  const registers = moved.flatMap(([id]) =>
    [`t:${id}`, `p:${id}`].flatMap((name): [string, TimestampedValue][] => {
      const value = from.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    lost: new Map([[register, { value: 'lost', atMs }]]),
    gained: joinStates(new Map([[register, { value: 'gained', atMs }]]), new Map(registers)),
  };
}
