import { customerKeyOf, parseEnvelope } from '@app/revenuecat';

/** An event as it is sent. */
export interface EventToSend {
  /** The envelope as JSON text. It may be invalid: then it is rejected. */
  body: string;
  /** Events with the same key are sent in order. If absent, the customer in the envelope. */
  orderKey?: string;
}

/** The key that keeps the events of a customer in order; the text itself if it is not a valid envelope. */
export function orderKeyOf({ body, orderKey }: EventToSend): string {
  if (orderKey !== undefined) return orderKey;
  const parsed = parseEnvelope(Buffer.from(body));
  return parsed.kind === 'envelope' ? customerKeyOf('', parsed.envelope.event) : body;
}

/** An event of RevenueCat without its envelope gets one; other text stays as it is. */
export function inEnvelope(json: string): string {
  try {
    const value = JSON.parse(json) as unknown;
    const isBareEvent =
      typeof value === 'object' && value !== null && 'id' in value && 'type' in value && !('event' in value);
    return isBareEvent ? `{"api_version":"1.0","event":${json}}` : json;
  } catch {
    return json;
  }
}
