import { encodeDelivery, type DeliveryFormat } from '@app/delivery';
import { headerNames, partitionOf, type ProducedRecord } from '@app/kafka';

export interface TrafficOptions {
  topic: string;
  partitions: number;
  projectId: string;
  format: DeliveryFormat;
  events: number;
  customers: number;
  /** Prefix of the event ids. */
  prefix: string;
}

/** Event n overall is event n/customers of customer n mod customers. The ids sort in the order that must be kept. */
export function eventId(prefix: string, customer: number, turn: number): string {
  return `${prefix}${String(customer)}-${String(turn).padStart(6, '0')}`;
}

/** Deliveries like those of the mapper, with a sequence of events for each of many customers. */
export function* deliveries(options: TrafficOptions): Generator<ProducedRecord> {
  const { topic, partitions, projectId, format, events, customers, prefix } = options;
  for (let n = 0; n < events; n++) {
    const customer = n % customers;
    const id = eventId(prefix, customer, Math.floor(n / customers));
    const user = `${prefix}user-${String(customer)}`;
    const value = encodeDelivery({
      eventId: id,
      projectId,
      sourceEventId: id,
      type: 'RENEWAL',
      format,
      environment: 'PRODUCTION',
      eventTimeMs: Date.now(),
      customer: { appUserId: user, originalAppUserId: user, aliases: [user] },
      receivedAtMs: Date.now(),
      body: bodyOf(format, id, user),
    });
    const key = `${projectId}:${user}`;
    yield {
      topic,
      partition: partitionOf(key, partitions),
      key,
      value,
      headers: {
        [headerNames.eventId]: id,
        [headerNames.projectId]: projectId,
      },
    };
  }
}

/** The body of a webhook as RevenueCat posts it: a renewal, with these fields in place of others. */
export function webhook(id: string, user: string, fields: object = {}): string {
  return JSON.stringify({
    api_version: '1.0',
    event: { ...renewal(id, user), event_timestamp_ms: Date.now(), store: 'APP_STORE', ...fields },
  });
}

function bodyOf(format: DeliveryFormat, id: string, user: string): string {
  return format === 'revenuecat'
    ? JSON.stringify({ api_version: '1.0', event: renewal(id, user) })
    : JSON.stringify({
        eventName: 'RENEWAL',
        value: 9.99,
        time: 1_700_000_000_000,
        user: { userID: user, statsigEnvironment: { tier: 'production' } },
        metadata: { revenuecat_event_id: id, product_id: 'premium_monthly', store: 'APP_STORE' },
      });
}

function renewal(id: string, user: string) {
  return {
    id,
    type: 'RENEWAL',
    app_user_id: user,
    original_app_user_id: user,
    aliases: [user],
    environment: 'PRODUCTION',
    price: 9.99,
    currency: 'USD',
    product_id: 'premium_monthly',
    subscriber_attributes: { $email: { value: `${user}@example.com`, updated_at_ms: 1_700_000_000_000 } },
  };
}
