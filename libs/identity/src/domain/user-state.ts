import { type Environment } from '@app/revenuecat';
import { type CustomerState } from './customer-state';
import { compareText } from './limits';
import { type Purchase, purchasesIn } from './purchases';
import { isLost } from './transferred-state';

/**
 * RevenueCat's values of `rc_subscription_status`, as its integrations for other tools set them
 * (https://www.revenuecat.com/docs/integrations/third-party-integrations/posthog#subscription-status-attribute).
 */
export const subscriptionStatuses = [
  'active', 'intro', 'cancelled', 'grace_period', 'trial', 'cancelled_trial', 'grace_period_trial', 'expired', 'promotional',
  'expired_promotional', 'paused',
] as const; // prettier-ignore

export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** The state of a customer at one moment. */
export interface UserState {
  /**
   * Of the active subscriptions, or else of all, the one with the most recent event; undefined if the customer has had none.
   */
  subscription: { status: SubscriptionStatus; productId: string; store: string } | undefined;
  /** Ids of the entitlements that are active, sorted; undefined if no purchase is known. */
  entitlements: string[] | undefined;
  /** Variant of each RevenueCat experiment, by its id, sorted. */
  experiments: [id: string, variant: string][];
}

/**
 * The state at a time in ms. Purchases of the other environment, and those that were transferred to another customer, do not
 * count.
 */
export function userStateOf(state: CustomerState, atMs: number, environment: Environment): UserState {
  const all = [...purchasesIn(state)].filter(([, { terms }]) => terms.environment === environment);
  const purchases = all.filter(([id, purchase]) => !isLost(state, id, purchase));
  const [newest] = purchases
    .filter(([, { terms }]) => terms.isSubscription)
    .sort(
      ([a, ofA], [b, ofB]) =>
        Number(hasEnded(ofA, atMs)) - Number(hasEnded(ofB, atMs)) || ofB.atMs - ofA.atMs || compareText(a, b),
    );
  const active = purchases.flatMap(([, purchase]) =>
    hasEnded(purchase, atMs) ? [] : purchase.terms.entitlements,
  );
  return {
    subscription: newest && subscriptionOf(newest[1], atMs),
    entitlements: all.length === 0 ? undefined : [...new Set(active)].sort(),
    experiments: [...state]
      .filter(([name]) => name.startsWith('x:'))
      .map(([name, { value }]): [string, string] => [name.slice(2), value])
      .sort(([a], [b]) => compareText(a, b)),
  };
}

function subscriptionOf(purchase: Purchase, atMs: number): UserState['subscription'] {
  const { productId, store } = purchase.terms;
  return { status: statusOf(purchase, atMs), productId, store };
}

function statusOf(purchase: Purchase, atMs: number): SubscriptionStatus {
  const { terms, phase } = purchase;
  const isTrial = terms.period === 'TRIAL';
  if (phase.name === 'paused' || phase.name === 'pause_began') return 'paused';
  if (terms.period === 'PROMOTIONAL') return hasEnded(purchase, atMs) ? 'expired_promotional' : 'promotional';
  if (hasEnded(purchase, atMs)) return 'expired';
  if (phase.name === 'renewing') return isTrial ? 'trial' : terms.period === 'INTRO' ? 'intro' : 'active';
  // After a billing issue without a grace period, the subscription ends with the period that was paid.
  const isInGracePeriod =
    phase.name === 'billing_issue' && phase.graceEndMs !== undefined && phase.graceEndMs > atMs;
  if (isInGracePeriod) return isTrial ? 'grace_period_trial' : 'grace_period';
  return isTrial ? 'cancelled_trial' : 'cancelled';
}

/** Whether it no longer unlocks its entitlements: an event said so, or its end has passed without one. */
function hasEnded({ terms: { expiresAtMs }, phase }: Purchase, atMs: number): boolean {
  if (phase.name === 'expired' || phase.name === 'pause_began') return true;
  // Nothing remains of a purchase without an end; RevenueCat states the end of a refunded subscription.
  if (expiresAtMs === null) return phase.name === 'refunded' || phase.name === 'cancelled';
  const graceEndMs = phase.name === 'billing_issue' ? (phase.graceEndMs ?? 0) : 0;
  return Math.max(expiresAtMs, graceEndMs) <= atMs;
}
