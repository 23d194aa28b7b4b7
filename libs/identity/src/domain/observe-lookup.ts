import { type Attribute, isAppUserId } from '@app/revenuecat';
import { limitAttributes } from './limits';
import { capIds, type Observation } from './observation';

/**
 * Turns RevenueCat's data about a customer into an observation, which is joined like those from events.
 *
 * @param nowMs no attribute is newer, because attribute times come from device clocks
 */
export function observeLookup(
  requestedId: string,
  aliases: readonly string[],
  attributes: ReadonlyMap<string, Attribute>,
  nowMs: number,
): Observation {
  const others = new Set(aliases.filter(isAppUserId));
  others.delete(requestedId);
  const ids = [requestedId, ...capIds([...others])];
  const usable = [...attributes].filter(([name]) => name.isWellFormed());
  const learned = usable.map(([name, { value, updatedAtMs }]): [string, Attribute] => [
    name,
    { value: value.toWellFormed(), updatedAtMs: Math.min(Math.max(Math.trunc(updatedAtMs), 0), nowMs) },
  ]);
  return { ids, learned: { aliases: new Set(ids), attributes: limitAttributes(new Map(learned)) } };
}
