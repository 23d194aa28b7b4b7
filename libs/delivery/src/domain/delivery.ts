import { type CustomerIds, type Environment, isObject, jsonProblem } from '@app/revenuecat';

/** RevenueCat's envelope for Statsig's webhook, or an event for Statsig's own events API. */
export type DeliveryFormat = 'revenuecat' | 'log_event';

/**
 * What identifies the user in Statsig: an attribute of the customer, RevenueCat's app user id or original app user id, the best
 * of all known ids, or custom ids only.
 */
export type UserIdentity = 'attribute' | 'app_user_id' | 'original_app_user_id' | 'best_known' | 'custom_id';

/** An event to deliver to Statsig once: the value of a record in a deliveries topic. */
export interface Delivery {
  /** Idempotency key: RevenueCat's event id, or an id derived from it if one event makes two deliveries. */
  eventId: string;
  projectId: string;
  /** RevenueCat's id of the event. */
  sourceEventId: string;
  type: string;
  format: DeliveryFormat;
  environment: Environment;
  eventTimeMs: number;
  customer: CustomerIds;
  /** When the event entered the pipeline. Receipts measure latency from this time. */
  receivedAtMs: number;
  /** Set if an unknown customer could not be looked up in RevenueCat in time. */
  enrichment?: 'lookup_unavailable';
  /** What identifies the user in Statsig. */
  identity?: UserIdentity;
  /** JSON text to send to Statsig: the enriched envelope, or one `log_event` event. */
  body: string;
}

const bodyMember = ',"body":';
const bodyMemberBytes = Buffer.from(bodyMember);

/**
 * Encodes a delivery as a record value: a JSON object whose last member is the body, so that a reader can send the body
 * without parsing it. JSON strings escape quotes, so nothing else in the head looks like this member.
 */
export function encodeDelivery({ body, ...head }: Delivery): Buffer {
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)}${bodyMember}${body}}`);
}

/** A delivery without its body. */
export type DeliveryHead = Omit<Delivery, 'body'>;

/** Decodes a record value. Throws if it is not a valid delivery; the message has the reason. */
export function decodeDelivery(value: Uint8Array): { head: DeliveryHead; body: Buffer } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const bodyAt = bytes.indexOf(bodyMemberBytes);
  if (bodyAt === -1) throw new Error('the delivery has no "body"');
  const head = checkHead(parseHead(`${bytes.toString('utf8', 0, bodyAt)}}`));
  return { head, body: bytes.subarray(bodyAt + bodyMember.length, -1) };
}

function parseHead(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message must not quote the head, which contains ids of a customer.
    throw new Error(`the head of the delivery is not JSON: ${jsonProblem(text) ?? 'it cannot be read'}`);
  }
}

/** Checks every member that a reader uses, because other programs can write to the topic too. */
function checkHead(head: unknown): DeliveryHead {
  const {
    eventId,
    sourceEventId,
    projectId,
    type,
    format,
    environment,
    eventTimeMs,
    receivedAtMs,
    customer,
  } = head as Partial<Record<keyof DeliveryHead, unknown>>;
  for (const [name, value] of Object.entries({ eventId, sourceEventId, projectId }))
    if (!isText(value) || value === '') throw new Error(`the delivery has no "${name}"`);
  if (!isText(type)) throw new Error('the delivery has no "type"');
  if (format !== 'revenuecat' && format !== 'log_event')
    throw new Error('the "format" of the delivery is neither "revenuecat" nor "log_event"');
  if (environment !== 'PRODUCTION' && environment !== 'SANDBOX')
    throw new Error('the "environment" of the delivery is neither "PRODUCTION" nor "SANDBOX"');
  for (const [name, value] of Object.entries({ receivedAtMs, eventTimeMs }))
    if (!Number.isFinite(value)) throw new Error(`the "${name}" of the delivery is not a number`);
  if (!isCustomer(customer)) throw new Error('the "customer" of the delivery does not hold ids');
  return head as DeliveryHead;
}

/** Requires well-formed text, which does not change when it is stored as UTF-8. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function isCustomer(value: unknown): value is CustomerIds {
  if (!isObject(value)) return false;
  const { appUserId, originalAppUserId, aliases } = value;
  const isAbsentOrText = (id: unknown): boolean => id === undefined || isText(id);
  return isAbsentOrText(appUserId) && isAbsentOrText(originalAppUserId) && Array.isArray(aliases);
}
