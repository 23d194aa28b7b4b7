import { isObject, type RevenueCatEvent, textField } from '@app/revenuecat';
import { capState, type CustomerState } from './customer-state';
import { maxStateTextLength } from './limits';
import { purchaseRegisters } from './purchases';
import { type TimestampedValue } from './timestamped-value';

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
      id.length > maxStateTextLength ||
      variant.length > maxStateTextLength
    )
      return [];
    return [[`x:${id}`, { value: variant, atMs }]];
  });
}
