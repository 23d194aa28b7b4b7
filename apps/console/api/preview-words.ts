import type { Attempt } from './events';
import type { PreviewedDelivery, PreviewedTrimming } from './preview';

/** The customers of a transfer. */
export const sideWords = {
  from: 'Customer who lost the purchases',
  to: 'Customer who gained the purchases',
};

/** What identifies the user in Statsig. */
export const identityWords: Record<NonNullable<Attempt['identity']>, string> = {
  attribute: 'the attribute of the customer',
  app_user_id: 'the app user id',
  original_app_user_id: 'the original app user id',
  best_known: 'the best known id',
  custom_id: 'custom ids only',
};

const secretWords: Record<PreviewedDelivery['secret'], string> = {
  serverSecret: 'server secret key',
  sandboxServerSecret: 'server secret key for sandbox events',
};

const byConnector = "Statsig's connector decides";

/** The facts about a delivery by their labels, in the order in which they are shown. */
export function deliveryFacts(delivery: PreviewedDelivery): Record<string, string> {
  const { name, userId, identity, customIds, value, tier, properties, environment, request } = delivery;
  // In this format, everything but the envelope is up to Statsig.
  const isEnvelope = customIds === null;
  const ids = Object.entries(customIds ?? {}).map(([type, id]) => `${type}: ${id}`);
  return {
    Name: name ?? 'none',
    Value: isEnvelope ? byConnector : String(value ?? 'none'),
    Revenue: isEnvelope ? byConnector : revenueText(delivery),
    userID: userId ?? 'none',
    'Identified by': identity === null ? 'the id of the event' : identityWords[identity],
    'Custom ids': isEnvelope ? byConnector : ids.join(', ') || 'none',
    'User properties': properties === null ? byConnector : propertiesText(properties),
    Environment: environment.toLowerCase(),
    Tier: tier ?? byConnector,
    'Server secret': secretWords[delivery.secret],
    Request: `${request.method} ${request.url}`,
  };
}

function revenueText({ valueBasis }: PreviewedDelivery): string {
  if (valueBasis === 'gross_percentages_missing') return 'gross, because the event has no percentages';
  return valueBasis?.replaceAll('_', ' ') ?? 'none';
}

function propertiesText(properties: NonNullable<PreviewedDelivery['properties']>): string {
  return Object.keys(properties).length === 0 ? 'none' : JSON.stringify(properties);
}

const parts: Record<PreviewedTrimming['part'], string> = {
  event_name: 'Event name',
  metadata: 'Metadata',
  attribute: 'Attribute',
  custom_id: 'Custom id',
};

const causes: Record<PreviewedTrimming['cause'], string> = {
  size: "trimmed: it does not fit into Statsig's limit of 4,096 characters",
  length: 'trimmed: it is longer than Statsig accepts',
  characters: 'characters that Statsig does not accept are replaced',
  depth: 'trimmed: it is nested too deeply',
  repeated_key: 'trimmed: too many names become the same key',
  not_text: 'trimmed: it is not well-formed text',
  dropped: 'dropped by the privacy settings',
  hashed: 'sent as a hash because of the privacy settings',
};

/** What Statsig does not receive of a part of an event, or not as it is. */
export function trimmingText({ part, name, cause }: PreviewedTrimming): string {
  return `${parts[part]} ${name}: ${causes[cause]}`;
}

const filteringSettings: Record<string, string> = {
  type_not_selected: 'Event types',
  sandbox_excluded: 'Send sandbox events',
  anonymous_customer: 'Anonymous customers',
};

/** What filters an event out: a filter, or another setting of the integration by its label in the form. */
export function filterName(reason: string, rule: string | null): string {
  return rule ?? filteringSettings[reason] ?? reason;
}
