import { type Attribute, isAppUserId } from '@app/revenuecat';
import { boundedAttributes } from './bounds';
import { bounded, type Observation } from './observation';

/**
 * What RevenueCat itself says of a customer: one more observation, joined like those from events.
 *
 * @param nowMs no attribute is newer: its time comes from the clock of a device
 */
export function observationOf(
  askedFor: string,
  aliases: readonly string[],
  attributes: ReadonlyMap<string, Attribute>,
  nowMs: number,
): Observation {
  const others = new Set(aliases.filter(isAppUserId));
  others.delete(askedFor);
  const ids = [askedFor, ...bounded([...others])];
  const usable = [...attributes].filter(([name]) => name.isWellFormed());
  const learned = usable.map(([name, { value, updatedAtMs }]): [string, Attribute] => [
    name,
    { value: value.toWellFormed(), updatedAtMs: Math.min(Math.max(Math.trunc(updatedAtMs), 0), nowMs) },
  ]);
  return { ids, learned: { aliases: new Set(ids), attributes: boundedAttributes(new Map(learned)) } };
}
