import { type Delivery, type Reason } from '@app/delivery';
import { enrich, environmentFor, nobody, type Profile } from '@app/identity';
import { type Integration, isSelected, treatAttribute } from '@app/integrations';
import {
  attributesOf,
  customerIdsOf,
  customerKey,
  type Envelope,
  environmentOf,
  type JsonObject,
  type NamedSide,
  preferredId,
  redeemersOf,
  sidesOf,
  statedEnvironmentOf,
} from '@app/revenuecat';
import { logEvent, revenueCatBody } from '@app/statsig';
import { happenedAtMs } from './plausible-time';
import { eventOfSide } from './sides';

/** A delivery, and the Kafka key that all deliveries of its customer share. */
export interface KeyedDelivery {
  key: string;
  delivery: Delivery;
}

/** Why nothing is sent: the integration's choice, or there is no way to. */
export interface LeftOut {
  kind: 'filtered' | 'unmappable';
  reason: Reason;
  detail: string;
}

/**
 * What becomes of an event. A transfer becomes a delivery for each side; if only one of them can be sent, the other is among
 * `leftOut` with the id that its delivery would have had.
 */
export type Mapped =
  { kind: 'mapped'; deliveries: KeyedDelivery[]; leftOut: (LeftOut & { eventId: string })[] } | LeftOut;

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
      detail: `The integration does not send events of type "${event.type.slice(0, 64).toWellFormed()}".`,
    };
  }
  if (isExcluded(input, nobody)) return sandboxExcluded(event);
  const sides = sidesOf(event);
  return sides === undefined ? mapWhole(input) : mapSides(input, sides);
}

function mapWhole(input: MappingInput): Mapped {
  const { event } = input.envelope;
  const customer = input.known[0] ?? nobody;
  const mapped = mapFor(input, customer, () => {
    const appUserId = fillAppUserId(event, customer);
    const named = { ...event, fields: { ...event.fields, ...appUserId } };
    return toStatsig(input, event.id, customer, { ...appUserId, ...enrichment(input, named, customer) });
  });
  return mapped.kind === 'delivery' ? { kind: 'mapped', deliveries: [mapped.keyed], leftOut: [] } : mapped;
}

/** RevenueCat sends Statsig one event for the customer who lost and one for the customer who gained. Each stands alone. */
function mapSides(input: MappingInput, sides: readonly NamedSide[]): Mapped {
  const { envelope, known } = input;
  // A side without ids was not observed.
  const observed = sides.filter(({ ids }) => ids.length > 0);
  const outcomes = sides.map(({ side, ids }) => {
    const id = `${envelope.event.id}:${side}`;
    const customer = known[observed.findIndex((other) => other.side === side)] ?? nobody;
    const mapped = mapFor(input, customer, () => {
      const appUserId = preferredId(ids.length > 0 ? [...ids, ...inOrder(customer)] : []);
      if (appUserId === undefined) return sideWithoutCustomer(side);
      const { event, patch } = eventOfSide(envelope.event, side, appUserId);
      return toStatsig(input, id, customer, { ...patch, ...enrichment(input, event, customer) });
    });
    return { eventId: deliveryId(input, id), mapped };
  });
  const deliveries = outcomes.flatMap(({ mapped }) => (mapped.kind === 'delivery' ? [mapped.keyed] : []));
  const leftOut = outcomes.flatMap(({ eventId, mapped }) =>
    mapped.kind === 'delivery' ? [] : [{ ...mapped, eventId }],
  );
  if (deliveries.length > 0) return { kind: 'mapped', deliveries, leftOut };
  const { kind, reason, detail } = leftOut.find((side) => side.kind === 'unmappable') ??
    leftOut[0] ?? {
      kind: 'unmappable',
      reason: 'no_customer',
      detail: `The ${envelope.event.type} event names nobody: neither side has an app user id.`,
    };
  return { kind, reason, detail };
}

function sideWithoutCustomer(side: NamedSide['side']): LeftOut {
  const who = side === 'from' ? 'customer who lost' : 'customer who gained';
  return {
    kind: 'unmappable',
    reason: 'no_customer',
    detail: `The event names the ${who} by no id that identifies a customer (docs/identity.md).`,
  };
}

/** What becomes of an event for one customer. */
type MappedForOne = { kind: 'delivery'; keyed: KeyedDelivery } | LeftOut;

function mapFor(input: MappingInput, customer: Profile, map: () => MappedForOne): MappedForOne {
  if (isExcluded(input, customer)) return sandboxExcluded(input.envelope.event);
  try {
    return map();
  } catch (error) {
    return {
      kind: 'unmappable',
      reason: 'not_mappable',
      detail: `The event cannot be mapped: ${String(error)}.`,
    };
  }
}

function enrichment(
  { integration, receivedAtMs }: MappingInput,
  event: Envelope['event'],
  customer: Profile,
): JsonObject {
  const rule = (name: string, value: string) => treatAttribute(integration.privacy, name, value);
  return enrich(event, customer, rule, happenedAtMs(event, receivedAtMs));
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

function toStatsig(input: MappingInput, ownId: string, known: Profile, changes: JsonObject): MappedForOne {
  const { envelope, integration, receivedAtMs, isLookupMissing } = input;
  const eventId = deliveryId(input, ownId);
  const patch = eventId === envelope.event.id ? changes : { id: eventId, ...changes };
  const event = { ...envelope.event, id: eventId, fields: { ...envelope.event.fields, ...patch } };
  const timeMs = happenedAtMs(event, receivedAtMs);
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
  return { kind: 'delivery', keyed: { key, delivery } };
}

/** A replay that is to be delivered again has ids of its own. */
function deliveryId({ replay }: MappingInput, ownId: string): string {
  return replay === undefined ? ownId : `${ownId}:replay-${replay}`;
}

function isExcluded({ envelope, integration }: MappingInput, customer: Profile): boolean {
  return environmentFor(envelope.event, customer) === 'SANDBOX' && !integration.includeSandbox;
}

function sandboxExcluded(event: Envelope['event']): LeftOut {
  const why =
    statedEnvironmentOf(event) === undefined
      ? ' This event states no environment, and the last event of its customer was one.'
      : ' Every environment but PRODUCTION counts as sandbox.';
  return {
    kind: 'filtered',
    reason: 'sandbox_excluded',
    detail: `The integration does not send sandbox events.${why}`,
  };
}

type Body = { kind: 'body'; text: string } | LeftOut;

function bodyOf(
  { envelope, integration }: MappingInput,
  event: Envelope['event'],
  patch: JsonObject,
  timeMs: number,
): Body {
  const { eventNames: naming, identity, customIds, sandboxTier } = integration;
  if (integration.format === 'revenuecat') {
    const appUserId = event.fields['app_user_id'];
    if (typeof appUserId === 'string' && !appUserId.isWellFormed()) return illFormedUser;
    return { kind: 'body', text: revenueCatBody(envelope, patch, { naming, identity }) };
  }
  const result = logEvent(event, attributesOf(event, timeMs), timeMs, {
    naming,
    identity,
    customIds,
    sandboxTier,
  });
  return result.kind === 'event'
    ? { kind: 'body', text: result.body }
    : { kind: 'unmappable', reason: result.kind, detail: result.detail };
}

/** Statsig would read other such ids as the same user. */
const illFormedUser: LeftOut = {
  kind: 'unmappable',
  reason: 'no_user',
  detail:
    'The "app_user_id" holds half of a surrogate pair, and the event names its customer by no other id.',
};
