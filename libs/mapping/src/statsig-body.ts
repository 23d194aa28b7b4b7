import { type UserIdentity } from '@app/delivery';
import { type Integration } from '@app/integrations';
import {
  attributesOf,
  customerIdsOf,
  isAnonymous,
  type JsonObject,
  type RevenueCatEvent,
} from '@app/revenuecat';
import { type ChosenUserId, chooseUserId, logEvent, revenueCatBody, type Trimming } from '@app/statsig';
import { type Omission } from './omission';

interface EnrichedEvent {
  /** With the changes of `patch`. */
  event: RevenueCatEvent;
  patch: JsonObject;
  /** The event has no `app_user_id` of its own, and has the best known id in its place. */
  isBestKnownId: boolean;
  /** The envelope's JSON text as received. */
  text: string;
  timeMs: number;
  /** Further properties of the user, for the format `log_event`. */
  properties: ReadonlyMap<string, string | string[]>;
}

type StatsigBody =
  | {
      kind: 'body';
      text: string;
      /** Undefined if the event is sent with the id that it came with, which identifies no customer. */
      identity?: UserIdentity;
      trimmed: readonly Trimming[];
    }
  | Omission;

/** The body that Statsig receives, in the format of the integration, and what identifies the user in it. */
export function statsigBody(enriched: EnrichedEvent, integration: Integration): StatsigBody {
  const { event, isBestKnownId, timeMs, properties } = enriched;
  const { format, userIdAttribute, anonymousCustomers } = integration;
  const identity =
    isBestKnownId && integration.identity === 'app_user_id' ? 'best_known' : integration.identity;
  const needsAttributes = format === 'log_event' || userIdAttribute !== null;
  const attributes = needsAttributes ? attributesOf(event, timeMs) : new Map<string, never>();
  const chosen = chooseUserId(customerIdsOf(event), attributes, { ...integration, identity });
  const treatment =
    chosen.userId !== undefined && isAnonymous(chosen.userId) ? anonymousCustomers : ('send' as const);
  if (treatment === 'skip') return anonymousSkipped;
  if (format === 'revenuecat')
    return treatment === 'custom_id_only'
      ? customIdsUnavailable
      : envelopeBody(enriched, integration, chosen);
  const userId = treatment === 'custom_id_only' ? undefined : chosen.userId;
  const { eventNames: naming, revenue, customIds, sandboxTier } = integration;
  const options = { naming, revenue, userId, customIds, sandboxTier, properties };
  const result = logEvent(event, attributes, timeMs, options);
  if (result.kind === 'no_user')
    return treatment === 'custom_id_only'
      ? noCustomId
      : { kind: 'dead_letter', reason: 'no_user', detail: result.detail };
  return {
    kind: 'body',
    text: result.body,
    identity: result.hasUserId ? chosen.rule : 'custom_id',
    trimmed: result.trimmed,
  };
}

function envelopeBody(
  { event, patch, text }: EnrichedEvent,
  { eventNames: naming }: Integration,
  { userId, rule }: ChosenUserId,
): StatsigBody {
  // For Statsig, different ids of this kind would be the same user.
  const appUserId = userId ?? event.fields['app_user_id'];
  if (typeof appUserId === 'string' && !appUserId.isWellFormed()) return illFormedUser;
  const body = revenueCatBody({ event, text }, patch, { naming, userId });
  return { kind: 'body', text: body, ...(userId !== undefined && { identity: rule }), trimmed: [] };
}

const anonymousSkipped: Omission = {
  kind: 'filtered',
  reason: 'anonymous_customer',
  detail: 'The userID would be an anonymous id of RevenueCat, and the integration does not send such events.',
};

const customIdsUnavailable: Omission = {
  kind: 'filtered',
  reason: 'anonymous_customer',
  detail:
    'The userID would be an anonymous id of RevenueCat. The integration sends such events with custom ids only, which the format "revenuecat" does not have.',
};

const noCustomId: Omission = {
  kind: 'dead_letter',
  reason: 'no_user',
  detail:
    'The userID would be an anonymous id of RevenueCat. The integration sends such events with custom ids only, and the event has none of them.',
};

const illFormedUser: Omission = {
  kind: 'dead_letter',
  reason: 'no_user',
  detail:
    'The "app_user_id" contains half of a surrogate pair, and the event has no other id of its customer.',
};
