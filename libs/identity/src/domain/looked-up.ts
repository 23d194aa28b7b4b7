import { type Attribute, isAppUserId } from '@app/revenuecat';
import { firstAttributes } from './bounds';
import { bounded, type Observation } from './observation';

/** What RevenueCat itself says of a customer: one more observation, joined like those from events. */
export function observationOf(
  askedFor: string,
  aliases: readonly string[],
  attributes: ReadonlyMap<string, Attribute>,
): Observation {
  const others = new Set(aliases.filter(isAppUserId));
  others.delete(askedFor);
  const ids = [askedFor, ...bounded([...others])];
  return { ids, learned: { aliases: new Set(ids), attributes: firstAttributes(attributes) } };
}
