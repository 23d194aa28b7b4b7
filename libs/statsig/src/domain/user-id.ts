import {
  type Attribute,
  comparableId,
  type CustomerIds,
  isAnonymous,
  isPlaceholder,
  preferredId,
} from '@app/revenuecat';
import { limits } from './limits';

/**
 * Which id is Statsig's `userID`. RevenueCat's page on its own integration asks for `app_user_id`
 * (https://www.revenuecat.com/docs/integrations/third-party-integrations/statsig).
 */
type IdentityRule = 'app_user_id' | 'best_known' | 'original_app_user_id';

export interface UserIdOptions {
  /** Applies to customers without the attribute. */
  identity: IdentityRule;
  /** Customer attribute whose value is the `userID`. */
  userIdAttribute: string | null;
  /** Ids that identify no customer, also not as the value of the attribute. */
  blockedIds: readonly string[];
}

/** The `userID`, if there is one, and the rule that chose it. */
export interface ChosenUserId {
  userId?: string;
  rule: 'attribute' | IdentityRule;
}

/**
 * Chooses Statsig's `userID`. If the event lacks the id of the rule, the best known one is used.
 *
 * @param attributes the customer's attributes that may be sent, by name
 */
export function chooseUserId(
  customer: CustomerIds,
  attributes: ReadonlyMap<string, Attribute>,
  { identity, userIdAttribute, blockedIds }: UserIdOptions,
): ChosenUserId {
  const value = userIdAttribute === null ? undefined : attributes.get(userIdAttribute)?.value;
  if (identifiesUser(value, blockedIds)) return { userId: value, rule: 'attribute' };
  const { appUserId, originalAppUserId, aliases } = customer;
  const own = { app_user_id: appUserId, original_app_user_id: originalAppUserId, best_known: undefined };
  const userId = own[identity];
  if (userId !== undefined) return { userId, rule: identity };
  const known = [appUserId, originalAppUserId, ...aliases.toSorted()].filter((id) => id !== undefined);
  const best = preferredId(known);
  return { ...(best !== undefined && { userId: best }), rule: 'best_known' };
}

/** Unlike in an app user id, a slash is allowed. */
function identifiesUser(value: string | undefined, blockedIds: readonly string[]): value is string {
  return (
    value !== undefined &&
    isIdentifying(value) &&
    value.length <= limits.userIdLength &&
    !isPlaceholder(value) &&
    !blockedIds.some((id) => comparableId(id) === comparableId(value))
  );
}

/** U+FFFD replaces anything that was not well-formed, so a text that contains it does not identify a user. */
export function isIdentifying(value: string): boolean {
  return !value.toWellFormed().includes('\ufffd');
}

export function anonymousIdOf({ appUserId, originalAppUserId, aliases }: CustomerIds): string | undefined {
  return [originalAppUserId, appUserId, ...aliases.toSorted()].find(
    (id) => id !== undefined && isAnonymous(id),
  );
}
