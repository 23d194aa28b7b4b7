import { type Delivery } from '@app/delivery';
import { enrich, nobody, type Profile } from '@app/identity';
import { type Integration, isSelected, treatAttribute } from '@app/integrations';
import {
  attributesOf,
  customerIdsOf,
  customerKey,
  type Envelope,
  environmentOf,
  eventTimeMs,
  type JsonObject,
  preferredId,
  redeemersOf,
  type Sides,
  sidesOf,
} from '@app/revenuecat';
import { logEvent, revenueCatBody } from '@app/statsig';
import { plausibleTimeMs } from './plausible-time';
import { eventOfSide, namedSides } from './sides';

/** A delivery, and the Kafka key that all deliveries of its customer share. */
export interface KeyedDelivery {
  key: string;
  delivery: Delivery;
}

/** What becomes of an event: told to Statsig (a transfer once for each side), left out by the integration's choice, or of no use. */
export type Mapped =
  | { kind: 'mapped'; deliveries: KeyedDelivery[] }
  | { kind: 'filtered'; reason: string; detail: string }
  | { kind: 'unmappable'; reason: string; detail: string };

export interface MappingInput {
  envelope: Envelope;
  /** What is known of each customer that the event names, in the order in which the event was observed. */
  known: readonly Profile[];
  /** RevenueCat could not be asked about one of them in time. */
  isLookupMissing: boolean;
  integration: Integration;
  receivedAtMs: number;
  /** Names a replay that is to be delivered although the event was before. */
  replay?: string;
}

/** Pure, and never throws: what cannot be mapped is said. */
export function mapEvent(input: MappingInput): Mapped {
  const { event } = input.envelope;
  const { integration } = input;
  if (!isSelected(event, integration.eventTypes)) {
    return {
      kind: 'filtered',
      reason: 'type_not_selected',
      detail: `The integration does not send events of type "${event.type.slice(0, 64)}".`,
    };
  }
  if (environmentOf(event) === 'SANDBOX' && !integration.includeSandbox) {
    return {
      kind: 'filtered',
      reason: 'sandbox_excluded',
      detail: 'The integration does not send sandbox events.',
    };
  }
  try {
    const sides = sidesOf(event);
    return sides === undefined ? mapWhole(input) : mapSides(input, sides);
  } catch (error) {
    return {
      kind: 'unmappable',
      reason: 'not_mappable',
      detail: `The event cannot be mapped: ${String(error)}.`,
    };
  }
}

function mapWhole(input: MappingInput): Mapped {
  const { event } = input.envelope;
  const customer = input.known[0] ?? nobody;
  const appUserId = fillAppUserId(event, customer);
  const named = { ...event, fields: { ...event.fields, ...appUserId } };
  return toStatsig(input, event.id, customer, { ...appUserId, ...enrichment(input, named, customer) });
}

/** RevenueCat sends Statsig one event for the customer who lost and one for the customer who gained. */
function mapSides(input: MappingInput, sides: Sides): Mapped {
  const { envelope, known } = input;
  const named = namedSides(sides);
  if (named.length === 0) {
    return {
      kind: 'unmappable',
      reason: 'no_customer',
      detail: `The ${envelope.event.type} event names nobody: neither side has an app user id.`,
    };
  }
  const mapped = named.map(({ side, ids }, i) => {
    const customer = known[i] ?? nobody;
    const appUserId = preferredId([...ids, ...inOrder(customer)]) ?? '';
    const id = `${envelope.event.id}:${side}`;
    const { event, patch } = eventOfSide(envelope.event, side, appUserId);
    return toStatsig(input, id, customer, { ...patch, ...enrichment(input, event, customer) });
  });
  return (
    mapped.find(({ kind }) => kind !== 'mapped') ?? {
      kind: 'mapped',
      deliveries: mapped.flatMap((side) => (side.kind === 'mapped' ? side.deliveries : [])),
    }
  );
}

function enrichment({ integration }: MappingInput, event: Envelope['event'], customer: Profile): JsonObject {
  return enrich(event, customer, (name, value) => treatAttribute(integration.privacy, name, value));
}

/** Statsig finds the user by `app_user_id`, which a redeemed purchase lacks. */
function fillAppUserId(event: Envelope['event'], customer: Profile): JsonObject {
  const { appUserId, originalAppUserId, aliases } = customerIdsOf(event);
  if (appUserId !== undefined) return {};
  const own = [...redeemersOf(event), originalAppUserId, ...aliases].filter((id) => id !== undefined);
  const best = preferredId([...own, ...inOrder(customer)]);
  return best === undefined ? {} : { app_user_id: best };
}

const inOrder = ({ aliases }: Profile): string[] => [...aliases].sort();

function toStatsig(input: MappingInput, ownId: string, known: Profile, changes: JsonObject): Mapped {
  const { envelope, integration, receivedAtMs, isLookupMissing, replay } = input;
  const eventId = replay === undefined ? ownId : `${ownId}:replay-${replay}`;
  const patch = eventId === envelope.event.id ? changes : { id: eventId, ...changes };
  const event = { ...envelope.event, id: eventId, fields: { ...envelope.event.fields, ...patch } };
  const timeMs = plausibleTimeMs(eventTimeMs(event), receivedAtMs);
  const body = bodyOf(input, event, patch, timeMs);
  if (body.kind !== 'body') return body;
  const delivery: Delivery = {
    eventId,
    projectId: integration.projectId,
    sourceEventId: envelope.event.id,
    type: event.type,
    format: integration.format,
    environment: environmentOf(event),
    eventTimeMs: timeMs,
    customer: customerIdsOf(event),
    receivedAtMs,
    ...(isLookupMissing && { enrichment: 'lookup_unavailable' as const }),
    body: body.text,
  };
  // An event that names nobody is in order with no other.
  const key = customerKey(integration.projectId, known.orderKey?.value ?? eventId);
  return { kind: 'mapped', deliveries: [{ key, delivery }] };
}

type Body = { kind: 'body'; text: string } | Extract<Mapped, { kind: 'unmappable' }>;

function bodyOf(
  { envelope, integration }: MappingInput,
  event: Envelope['event'],
  patch: JsonObject,
  timeMs: number,
): Body {
  const { eventNames: naming, identity, customIds, sandboxTier } = integration;
  if (integration.format === 'revenuecat') {
    return { kind: 'body', text: revenueCatBody(envelope, patch, { naming, identity }) };
  }
  const result = logEvent(event, attributesOf(event), timeMs, { naming, identity, customIds, sandboxTier });
  return result.kind === 'event'
    ? { kind: 'body', text: result.body }
    : { kind: 'unmappable', reason: result.kind, detail: result.detail };
}
