import { idText, type Json, type JsonObject, type RevenueCatEvent } from './envelope';
import { comparableId, idField, idsField, isAnonymous, textField } from './fields';

/** The ids by which an event names its customer. */
export interface CustomerIds {
  appUserId?: string;
  originalAppUserId?: string;
  aliases: string[];
}

export function customerIdsOf({ fields }: RevenueCatEvent): CustomerIds {
  const appUserId = idField(fields, 'app_user_id');
  const originalAppUserId = idField(fields, 'original_app_user_id');
  return {
    ...(appUserId !== undefined && { appUserId }),
    ...(originalAppUserId !== undefined && { originalAppUserId }),
    aliases: idsField(fields, 'aliases'),
  };
}

export type Side = 'from' | 'to';

/** A customer from whom, or to whom, purchases were moved. */
export interface NamedSide {
  side: Side;
  /** Ids of one customer; empty if none of the listed ids identifies a customer. */
  ids: string[];
}

/**
 * The two customers of a TRANSFER, or of a PURCHASE_REDEEMED whose outcome is a transfer; undefined for other events.
 * These events may lack an `app_user_id`. A side whose list is absent or empty is left out.
 */
export function sidesOf({ type, fields }: RevenueCatEvent): NamedSide[] | undefined {
  if (type === 'TRANSFER') return namedSides(fields, 'transferred_from', 'transferred_to');
  if (type === 'PURCHASE_REDEEMED' && textField(fields, 'redemption_outcome')?.toLowerCase() === 'transfer') {
    return namedSides(fields, 'redeemed_from', 'redeemed_by');
  }
  return undefined;
}

function namedSides(fields: JsonObject, from: string, to: string): NamedSide[] {
  const isNamed = (list: Json | undefined): boolean =>
    Array.isArray(list) ? list.length > 0 : list !== undefined && list !== null && list !== '';
  return [
    { side: 'from' as const, list: from },
    { side: 'to' as const, list: to },
  ]
    .filter(({ list }) => isNamed(fields[list]))
    .map(({ side, list }) => ({ side, ids: idsField(fields, list) }));
}

/** The ids of the customer who redeemed a purchase, which may be another customer's. PURCHASE_REDEEMED is about the redeemer. */
export function redeemersOf({ type, fields }: RevenueCatEvent): string[] {
  return type === 'PURCHASE_REDEEMED' ? idsField(fields, 'redeemed_by') : [];
}

/** The id that names a customer best: the first that the app chose, or else the first. */
export function preferredId(ids: readonly string[]): string | undefined {
  return ids.find((id) => !isAnonymous(id)) ?? ids[0];
}

/** Fields that hold an id of a customer, or a list of them. */
const idFields = [
  'app_user_id', 'original_app_user_id', 'aliases', 'transferred_from', 'transferred_to', 'redeemed_from', 'redeemed_by',
]; // prettier-ignore

/** Whether one of the id fields contains this id. */
export function namesCustomer({ fields }: RevenueCatEvent, id: string): boolean {
  return idFields.some((name) => {
    const values = [fields[name] ?? null].flat();
    return values.some((value) => typeof value !== 'object' && String(value) === id);
  });
}

/** The ids in each id field that has some, whatever the type of the event. */
export function customerIdLists({ fields }: RevenueCatEvent): string[][] {
  return idFields.map((name) => idsField(fields, name)).filter(({ length }) => length > 0);
}

/** Such a text may have been a number beyond 2^53. */
const longNumber = /^-?\d{16,}$/;

/** As text, the id fields with ids that were sent as numbers, or may have been. */
export function numericIdsAsText(fields: JsonObject): JsonObject {
  const isNumeric = (id: Json): boolean =>
    typeof id === 'number' || (typeof id === 'string' && longNumber.test(id));
  const asText = (id: Json): Json => idText(id) ?? id;
  return Object.fromEntries(
    idFields.flatMap((name): [string, Json][] => {
      const value = fields[name];
      if (Array.isArray(value)) return value.some(isNumeric) ? [[name, value.map(asText)]] : [];
      return value !== undefined && isNumeric(value) ? [[name, asText(value)]] : [];
    }),
  );
}

/** The event with null in place of each id that the project blocks, regardless of case. */
export function withoutIds(event: RevenueCatEvent, blockedIds: readonly string[]): RevenueCatEvent {
  if (blockedIds.length === 0) return event;
  const blocked = new Set(blockedIds.map(comparableId));
  const unlessBlocked = (id: Json): Json => (blocked.has(comparableId(idText(id) ?? '')) ? null : id);
  const fields = { ...event.fields };
  for (const name of idFields) {
    const value = fields[name];
    if (Array.isArray(value)) fields[name] = value.map(unlessBlocked);
    else if (value !== undefined) fields[name] = unlessBlocked(value);
  }
  return { ...event, fields };
}

/** Kafka key of a customer. Records with the same key are in one partition, in order. */
export function customerKey(projectId: string, appUserId: string): string {
  return `${projectId}:${appUserId}`;
}

/** Kafka key of an event in `revenuecat.events`. An event that names no customer has its own key. */
export function customerKeyOf(projectId: string, event: RevenueCatEvent): string {
  const { originalAppUserId, appUserId } = customerIdsOf(event);
  const first = (name: string): string | undefined => idsField(event.fields, name)[0];
  return customerKey(
    projectId,
    originalAppUserId ??
      appUserId ??
      first('transferred_to') ??
      first('redeemed_by') ??
      first('aliases') ??
      event.id,
  );
}
