import { type UserIdentity } from '@app/delivery';
import { type Integration } from '@app/integrations';
import {
  attributesOf,
  customerIdsOf,
  isAnonymous,
  type JsonObject,
  type RevenueCatEvent,
} from '@app/revenuecat';
import { type ChosenUserId, chooseUserId, logEvent, revenueCatBody } from '@app/statsig';
import { type Omission } from './omission';

export interface EnrichedEvent {
  /** With the changes of `patch`. */
  event: RevenueCatEvent;
  patch: JsonObject;
  /** The envelope's JSON text as received. */
  text: string;
  timeMs: number;
}

export type StatsigBody = { kind: 'body'; text: string; identity: UserIdentity } | Omission;

/** The body that Statsig receives, in the format of the integration, and what identifies the user in it. */
export function statsigBody(enriched: EnrichedEvent, integration: Integration): StatsigBody {
  const { event, timeMs } = enriched;
  const { format, userIdAttribute, anonymousCustomers } = integration;
  const needsAttributes = format === 'log_event' || userIdAttribute !== null;
  const attributes = needsAttributes ? attributesOf(event, timeMs) : new Map<string, never>();
  const chosen = chooseUserId(customerIdsOf(event), attributes, integration);
  const isUserAnonymous = chosen.userId !== undefined && isAnonymous(chosen.userId);
  if (isUserAnonymous && anonymousCustomers === 'skip') return anonymousSkipped;
  const withoutUserId = isUserAnonymous && anonymousCustomers === 'custom_id_only';
  if (format === 'revenuecat') {
    return withoutUserId ? customIdsUnavailable : envelopeBody(enriched, integration, chosen);
  }
  const userId = withoutUserId ? undefined : chosen.userId;
  const result = logEvent(event, attributes, timeMs, {
    ...integration,
    naming: integration.eventNames,
    userId,
  });
  if (result.kind === 'no_user') return { kind: 'dead_letter', reason: 'no_user', detail: result.detail };
  return { kind: 'body', text: result.body, identity: result.hasUserId ? chosen.rule : 'custom_id' };
}

function envelopeBody(
  { event, patch, text }: EnrichedEvent,
  { eventNames: naming }: Integration,
  { userId, rule }: ChosenUserId,
): StatsigBody {
  // For Statsig, different ids of this kind would be the same user.
  const appUserId = userId ?? event.fields['app_user_id'];
  if (typeof appUserId === 'string' && !appUserId.isWellFormed()) return illFormedUser;
  return { kind: 'body', text: revenueCatBody({ event, text }, patch, { naming, userId }), identity: rule };
}

const anonymousSkipped: Omission = {
  kind: 'filtered',
  reason: 'anonymous_customer',
  detail:
    'The integration does not send events of anonymous customers, and no other id of this one is known.',
};

const customIdsUnavailable: Omission = {
  kind: 'filtered',
  reason: 'anonymous_customer',
  detail:
    'The integration sends anonymous customers under a custom id only, and the format "revenuecat" has no custom ids.',
};

const illFormedUser: Omission = {
  kind: 'dead_letter',
  reason: 'no_user',
  detail:
    'The "app_user_id" contains half of a surrogate pair, and the event has no other id of its customer.',
};
