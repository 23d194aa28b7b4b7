import { encodeDelivery, type Receipt } from '@app/delivery';
import { type ConsumedRecord, deliveriesTopic, type TopicNames } from '@app/kafka';

/** The records of one event, by topic. */
export interface EventRecords {
  event: ConsumedRecord;
  delivery: ConsumedRecord | undefined;
  receipts: ConsumedRecord[];
  deadLetter: ConsumedRecord | undefined;
}

const eventsPerCustomer = 5;
const types = [
  'RENEWAL',
  'RENEWAL',
  'RENEWAL',
  'INITIAL_PURCHASE',
  'CANCELLATION',
  'EXPIRATION',
  'BILLING_ISSUE',
  'TEST',
];
const partitions = 12;

export const customerOf = (i: number): string => `user-${Math.floor(i / eventsPerCustomer)}`;
export const eventIdOf = (i: number): string => `event-${i.toString().padStart(9, '0')}`;

/** Returns the records of the i-th event of a series at equal intervals from `startMs`. About 95 % are delivered at once. */
export function recordsOfEvent(i: number, topics: TopicNames, startMs: number, stepMs: number): EventRecords {
  const atMs = Math.round(startMs + i * stepMs);
  const eventId = eventIdOf(i);
  const customer = customerOf(i);
  const type = types[i % types.length] ?? 'RENEWAL';
  const outcome = outcomeOf(i);
  const anonymous = `$RCAnonymousID:${customer}`;
  const partition = Math.floor(i / eventsPerCustomer) % partitions;
  const record = (
    topic: string,
    value: Buffer | string,
    headers: Record<string, string> = {},
  ): ConsumedRecord => ({
    topic,
    partition,
    offset: i,
    timestampMs: atMs,
    key: Buffer.from(`default:${customer}`),
    value: Buffer.from(value),
    headers,
  });
  const body = JSON.stringify({
    api_version: '1.0',
    event: {
      id: eventId,
      type,
      event_timestamp_ms: atMs,
      app_id: 'app1a2b3c4d',
      app_user_id: customer,
      original_app_user_id: anonymous,
      aliases: [anonymous, customer],
      subscriber_attributes: {
        $email: { value: `${customer}@mail.example`, updated_at_ms: startMs },
        campaign: { value: `campaign-${i % 40}`, updated_at_ms: atMs },
      },
      product_id: `pro.${i % 2 === 0 ? 'monthly' : 'yearly'}`,
      entitlement_ids: ['pro'],
      period_type: 'NORMAL',
      purchased_at_ms: atMs,
      expiration_at_ms: atMs + 2_592_000_000,
      environment: i % 20 === 0 ? 'SANDBOX' : 'PRODUCTION',
      store: 'APP_STORE',
      price: 4.99,
      currency: 'USD',
      price_in_purchased_currency: 4.99,
      country_code: 'SE',
      transaction_id: `3006906519${i}`,
      original_transaction_id: `3006906519${i - (i % eventsPerCustomer)}`,
    },
  });
  const value = encodeDelivery({
    eventId,
    projectId: 'default',
    sourceEventId: eventId,
    type,
    format: 'revenuecat',
    environment: 'PRODUCTION',
    eventTimeMs: atMs,
    customer: { appUserId: customer, originalAppUserId: anonymous, aliases: [anonymous, customer] },
    receivedAtMs: atMs,
    body,
  });
  const receipt = (fields: Partial<Receipt> & Pick<Receipt, 'outcome'>): ConsumedRecord =>
    record(
      topics.receipts,
      JSON.stringify({
        eventId,
        sourceEventId: eventId,
        projectId: 'default',
        type,
        attempt: 1,
        latencyMs: 30,
        sinceReceivedMs: 40 + (i % 200),
        atMs: atMs + 40,
        ...fields,
      } satisfies Receipt),
    );
  const deliveryRecord = record(deliveriesTopic(topics, 'default'), value);
  return {
    event: record(topics.events, body, {
      'project-id': 'default',
      'received-at-ms': String(atMs),
      source: 'webhook',
    }),
    delivery: outcome === 'filtered' ? undefined : deliveryRecord,
    receipts: [
      ...(outcome === 'retried'
        ? [receipt({ outcome: 'retrying', reason: 'statsig_503', status: 503, atMs: atMs + 20 })]
        : []),
      outcome === 'filtered'
        ? receipt({ outcome: 'filtered', attempt: 0, reason: 'type_not_selected' })
        : outcome === 'dead'
          ? receipt({ outcome: 'dead_lettered', reason: `statsig_${400 + (i % 3)}`, status: 400 })
          : receipt({ outcome: 'delivered', attempt: outcome === 'retried' ? 2 : 1, status: 200 }),
    ],
    deadLetter:
      outcome === 'dead'
        ? record(topics.deliveriesDeadLetter, value, {
            'event-id': eventId,
            'project-id': 'default',
            'dead-letter-reason': `statsig_${400 + (i % 3)}`,
            'dead-letter-detail': 'Statsig responded with 400',
            'dead-letter-stage': 'dispatcher',
            'dead-letter-attempts': '1',
            'dead-letter-at-ms': String(atMs + 40),
          })
        : undefined,
  };
}

function outcomeOf(i: number): 'delivered' | 'retried' | 'filtered' | 'dead' {
  if (i % 200 === 7) return 'dead';
  if (i % 100 === 3) return 'retried';
  return i % 32 === 1 ? 'filtered' : 'delivered';
}
