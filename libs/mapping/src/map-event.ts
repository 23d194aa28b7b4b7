import { type Delivery } from '@app/delivery';
import { enrich, environmentFor, emptyProfile, type Profile } from '@app/identity';
import { filterOf, type Integration, isSelected, treatAttribute } from '@app/integrations';
import {
  customerIdsOf,
  customerKey,
  type Envelope,
  type Environment,
  environmentOf,
  isObject,
  type JsonObject,
  type NamedSide,
  preferredId,
  redeemersOf,
  type Side,
  sidesOf,
  statedEnvironmentOf,
} from '@app/revenuecat';
import { type Trimming } from '@app/statsig';
import { type Omission } from './omission';
import { occurredAtMs } from './plausible-time';
import { statsigBody } from './statsig-body';
import { eventOfSide } from './transfer-sides';
import { userStateProperties } from './user-state-properties';

/** A delivery, and the Kafka key that all deliveries of its customer share. */
export interface KeyedDelivery {
  key: string;
  delivery: Delivery;
  /** What of the event and the customer is not sent, or not as it is. */
  trimmed: readonly Trimming[];
  /** Which customer of a transfer it is for. */
  side?: Side;
}

/** The omission of one side of a transfer, with the id that its delivery would have had. */
export interface SideOmission extends Omission {
  eventId: string;
  side: Side;
}

/**
 * The result of mapping an event. A transfer becomes a delivery for each side. If only one of them can be sent, the other is in
 * `omissions`.
 */
export type MappingResult =
  { kind: 'mapped'; deliveries: KeyedDelivery[]; omissions: SideOmission[] } | Omission;

export interface MappingInput {
  envelope: Envelope;
  /** The profile of each customer that the event names, in the order of the event's observations. */
  known: readonly Profile[];
  /** Whether RevenueCat did not return one of the customers in time. */
  isLookupMissing: boolean;
  integration: Integration;
  receivedAtMs: number;
  /** Name of a replay that delivers the event again. */
  replay?: string;
}

/** Maps an event. Pure, and never throws: an event that cannot be mapped is returned with the reason. */
export function mapEvent(input: MappingInput): MappingResult {
  const { event } = input.envelope;
  const { integration } = input;
  if (!isSelected(event, integration.eventTypes)) {
    return {
      kind: 'filtered',
      reason: 'type_not_selected',
      detail: `The integration does not send events of type "${event.type.slice(0, 64).toWellFormed()}".`,
    };
  }
  const filtered = sandboxFilter(input, emptyProfile) ?? ruleFilter(input, statedEnvironmentOf(event));
  if (filtered !== undefined) return filtered;
  const sides = sidesOf(event);
  return sides === undefined ? mapWhole(input) : mapSides(input, sides);
}

function mapWhole(input: MappingInput): MappingResult {
  const { event } = input.envelope;
  const customer = input.known[0] ?? emptyProfile;
  const mapped = mapFor(input, customer, () => {
    const appUserId = fillAppUserId(event, customer);
    const named = { ...event, fields: { ...event.fields, ...appUserId } };
    const { patch, trimmed } = enrichment(input, named, customer);
    const isBestKnownId = Object.hasOwn(appUserId, 'app_user_id');
    return toStatsig(input, event.id, customer, {
      patch: { ...appUserId, ...patch },
      trimmed,
      isBestKnownId,
    });
  });
  return mapped.kind === 'delivery' ? { kind: 'mapped', deliveries: [mapped.keyed], omissions: [] } : mapped;
}

/** RevenueCat sends Statsig one event for the customer who lost and one for the customer who gained. Each is mapped on its own. */
function mapSides(input: MappingInput, sides: readonly NamedSide[]): MappingResult {
  const { envelope, known } = input;
  // A side without ids was not observed.
  const observed = sides.filter(({ ids }) => ids.length > 0);
  const outcomes = sides.map(({ side, ids }) => {
    const id = `${envelope.event.id}:${side}`;
    const customer = known[observed.findIndex((other) => other.side === side)] ?? emptyProfile;
    const mapped = mapFor(input, customer, () => {
      const appUserId = preferredId(ids.length > 0 ? [...ids, ...inOrder(customer)] : []);
      if (appUserId === undefined) return sideWithoutCustomer(side);
      const ofSide = eventOfSide(envelope.event, side, appUserId);
      const { patch, trimmed } = enrichment(input, ofSide.event, customer);
      const isBestKnownId = !ids.includes(appUserId);
      return toStatsig(input, id, customer, {
        patch: { ...ofSide.patch, ...patch },
        trimmed,
        isBestKnownId,
      });
    });
    return { eventId: deliveryId(input, id), side, mapped };
  });
  const deliveries = outcomes.flatMap(({ side, mapped }) =>
    mapped.kind === 'delivery' ? [{ ...mapped.keyed, side }] : [],
  );
  const omissions = outcomes.flatMap(({ eventId, side, mapped }) =>
    mapped.kind === 'delivery' ? [] : [{ ...mapped, eventId, side }],
  );
  if (deliveries.length > 0) return { kind: 'mapped', deliveries, omissions };
  const first = omissions.find(({ kind }) => kind === 'dead_letter') ?? omissions[0];
  if (first === undefined) {
    return {
      kind: 'dead_letter',
      reason: 'no_customer',
      detail: `The ${envelope.event.type} event names no customer: neither side has an app user id.`,
    };
  }
  const { kind, reason, rule, detail } = first;
  return { kind, reason, ...(rule !== undefined && { rule }), detail };
}

function sideWithoutCustomer(side: NamedSide['side']): Omission {
  const who = side === 'from' ? 'customer who lost' : 'customer who gained';
  return {
    kind: 'dead_letter',
    reason: 'no_customer',
    detail: `The event has no id that identifies the ${who} (docs/identity.md).`,
  };
}

/** The result of mapping an event for one customer. */
type CustomerMapping = { kind: 'delivery'; keyed: KeyedDelivery } | Omission;

function mapFor(input: MappingInput, customer: Profile, map: () => CustomerMapping): CustomerMapping {
  const filtered =
    sandboxFilter(input, customer) ?? ruleFilter(input, environmentFor(input.envelope.event, customer));
  if (filtered !== undefined) return filtered;
  try {
    return map();
  } catch (error) {
    return {
      kind: 'dead_letter',
      reason: 'not_mappable',
      detail: `The event cannot be mapped: ${String(error)}.`,
    };
  }
}

/** Changes to an event, and the parts of it that they trim. */
interface Changes {
  patch: JsonObject;
  trimmed: readonly Trimming[];
  /** The event has no `app_user_id` of its own, and has the best known id in its place. */
  isBestKnownId: boolean;
}

function enrichment(
  { integration, receivedAtMs }: MappingInput,
  event: Envelope['event'],
  customer: Profile,
): Omit<Changes, 'isBestKnownId'> {
  /** Names of the attributes that are not sent as they are. */
  const treated = new Set<string>();
  const rule = (name: string, value: string): string | undefined => {
    const sent = treatAttribute(integration.privacy, name, value);
    if (sent !== value) treated.add(name);
    return sent;
  };
  const patch = enrich(event, customer, rule, occurredAtMs(event, receivedAtMs));
  const sent = patch['subscriber_attributes'];
  const isSent = (name: string): boolean => isObject(sent) && Object.hasOwn(sent, name);
  const trimmed = [...treated].map((name): Trimming => ({
    part: 'attribute',
    name,
    cause: isSent(name) ? 'hashed' : 'dropped',
  }));
  return { patch, trimmed };
}

/** Statsig identifies the user by `app_user_id`, which a redeemed purchase lacks. */
function fillAppUserId(event: Envelope['event'], customer: Profile): JsonObject {
  const { appUserId, originalAppUserId, aliases } = customerIdsOf(event);
  if (appUserId !== undefined) return {};
  const own = [...redeemersOf(event), originalAppUserId, ...aliases].filter((id) => id !== undefined);
  const best = preferredId([...own, ...inOrder(customer)]);
  return best === undefined ? {} : { app_user_id: best };
}

const inOrder = ({ aliases }: Profile): string[] => [...aliases].sort();

function toStatsig(input: MappingInput, ownId: string, known: Profile, changes: Changes): CustomerMapping {
  const { envelope, integration, receivedAtMs, isLookupMissing } = input;
  const eventId = deliveryId(input, ownId);
  const patch = eventId === envelope.event.id ? changes.patch : { id: eventId, ...changes.patch };
  const event = { ...envelope.event, id: eventId, fields: { ...envelope.event.fields, ...patch } };
  const timeMs = occurredAtMs(event, receivedAtMs);
  const properties = userStateProperties(integration.userProperties, known, timeMs, environmentOf(event));
  const { isBestKnownId } = changes;
  const body = statsigBody(
    { event, patch, isBestKnownId, timeMs, text: envelope.text, properties },
    integration,
  );
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
    ...(body.identity !== undefined && { identity: body.identity }),
    body: body.text,
  };
  // An event without a customer is not ordered relative to any other.
  const key = customerKey(integration.projectId, known.orderKey?.value ?? eventId);
  return {
    kind: 'delivery',
    keyed: { key, delivery, trimmed: [...changes.trimmed, ...body.trimmed] },
  };
}

/** The deliveries of a replay have their own ids. */
function deliveryId({ replay }: MappingInput, ownId: string): string {
  return replay === undefined ? ownId : `${ownId}:replay-${replay}`;
}

function sandboxFilter(
  { envelope: { event }, integration }: MappingInput,
  customer: Profile,
): Omission | undefined {
  if (integration.includeSandbox || environmentFor(event, customer) === 'PRODUCTION') return undefined;
  const why =
    statedEnvironmentOf(event) === undefined
      ? ' The event states no environment, and the last event of its customer was a sandbox event.'
      : ' Every environment except PRODUCTION counts as sandbox.';
  return {
    kind: 'filtered',
    reason: 'sandbox_excluded',
    detail: `The integration does not send sandbox events.${why}`,
  };
}

function ruleFilter(
  { envelope: { event }, integration }: MappingInput,
  environment: Environment | undefined,
): Omission | undefined {
  const filter = filterOf(event, integration.filters, environment);
  if (filter === undefined) return undefined;
  const { rule } = filter;
  return {
    kind: 'filtered',
    reason: 'filtered_by_rule',
    rule,
    detail: `The filter ${rule} of the integration filters this event out.`,
  };
}
