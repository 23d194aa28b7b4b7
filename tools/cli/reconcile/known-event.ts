import { type DeliveryHead } from '@app/delivery';
import { isObject, type JsonObject, parseEnvelope } from '@app/revenuecat';
import { type EventKind } from './expected-event';

/** A purchase or refund that the pipeline has received. */
export interface KnownTransaction {
  kind: EventKind;
  /** Undefined if RevenueCat did not state it. Then the event cannot be compared. */
  transactionId: string | undefined;
  renewalNumber: number | undefined;
  usd: number | undefined;
}

const purchaseTypes: ReadonlySet<string> = new Set(['INITIAL_PURCHASE', 'RENEWAL', 'NON_RENEWING_PURCHASE']);

/** Whether events of this type can be a purchase or a refund. */
export function mayBeKnown(type: string): boolean {
  return type === 'CANCELLATION' || purchaseTypes.has(type);
}

/**
 * The purchase or refund that an event stands for; undefined if it is neither. A refund is a cancellation with the reason
 * CUSTOMER_SUPPORT and a negative price
 * (https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields).
 *
 * @param fields fields of the event, or its metadata in Statsig, in which every value is text
 */
export function knownEvent(type: string, fields: JsonObject): KnownTransaction | undefined {
  if (!mayBeKnown(type)) return undefined;
  const usd = numberIn(fields['price']);
  const isRefund = fields['cancel_reason'] === 'CUSTOMER_SUPPORT' || (usd ?? 0) < 0;
  if (type === 'CANCELLATION' && !isRefund) return undefined;
  return {
    kind: isRefund ? 'refund' : 'purchase',
    transactionId: textIn(fields['transaction_id']),
    renewalNumber: numberIn(fields['renewal_number']),
    usd,
  };
}

/** The fields of the event in a delivery, whatever its format; undefined if its body is not JSON. */
export function deliveredFields({ format }: DeliveryHead, body: Uint8Array): JsonObject | undefined {
  if (format === 'revenuecat') {
    const parsed = parseEnvelope(body);
    return parsed.kind === 'envelope' ? parsed.envelope.event.fields : undefined;
  }
  try {
    const { metadata, value } = JSON.parse(Buffer.from(body).toString()) as JsonObject;
    return isObject(metadata) ? { ...(value !== undefined && { price: value }), ...metadata } : undefined;
  } catch {
    return undefined;
  }
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function textIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
