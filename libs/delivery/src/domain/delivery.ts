import { type CustomerIds, type Environment, isObject, jsonProblem } from '@app/revenuecat';

/** How Statsig is told: RevenueCat's envelope through its webhook, or an event of Statsig's own events API. */
export type DeliveryFormat = 'revenuecat' | 'log_event';

/** One thing to tell Statsig, once: what `statsig.deliveries` carries. */
export interface Delivery {
  /** What idempotency rests on: RevenueCat's event id, or derived from it where an event makes two deliveries. */
  eventId: string;
  projectId: string;
  /** RevenueCat's own id of the event that this came from. */
  sourceEventId: string;
  type: string;
  format: DeliveryFormat;
  environment: Environment;
  eventTimeMs: number;
  customer: CustomerIds;
  /** When the event entered the pipeline: receipts measure from here. */
  receivedAtMs: number;
  /** What is missing from it: RevenueCat could not be asked in time about a customer never seen before. */
  enrichment?: 'lookup_unavailable';
  /** JSON text of what Statsig gets: the enriched envelope, or one event of `log_event`. */
  body: string;
}

const bodyMember = ',"body":';
const bodyMemberBytes = Buffer.from(bodyMember);

/**
 * A delivery as a record value: one JSON object whose last member is the body, so that a reader can send the body
 * without parsing it. Within JSON strings quotes are escaped, so nothing else in the head looks like this member.
 */
export function encodeDelivery({ body, ...head }: Delivery): Buffer {
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)}${bodyMember}${body}}`);
}

/** The parts of a delivery that the body is not. */
export type DeliveryHead = Omit<Delivery, 'body'>;

/** Reads a record value. Throws if it is not a delivery; the message says why. */
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
    // The head holds ids of a customer, which no message quotes.
    throw new Error(`the head of the delivery is not JSON: ${jsonProblem(text) ?? 'it cannot be read'}`);
  }
}

/** Every member that a reader uses: not only the mapper can write to the topic. */
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

/** Well-formed, so that what stores it as UTF-8 reads the same text back. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function isCustomer(value: unknown): value is CustomerIds {
  if (!isObject(value)) return false;
  const { appUserId, originalAppUserId, aliases } = value;
  const isAbsentOrText = (id: unknown): boolean => id === undefined || isText(id);
  return isAbsentOrText(appUserId) && isAbsentOrText(originalAppUserId) && Array.isArray(aliases);
}
