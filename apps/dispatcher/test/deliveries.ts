import { type DeliveryHead, encodeDelivery, newProgress } from '@app/delivery';
import { type Integration, integrationSchema } from '@app/integrations';
import { type ConsumedRecord } from '@app/kafka';
import { type PendingDelivery } from '../src/pending-delivery';

export const projectId = 'acme';

export const integration: Integration = integrationSchema.parse({ projectId, serverSecret: 'secret' });

const body = '{"event":{}}';

const headOf = (name: string): DeliveryHead => ({
  eventId: name,
  projectId,
  sourceEventId: name,
  type: 'RENEWAL',
  format: 'revenuecat',
  environment: 'PRODUCTION',
  eventTimeMs: 1,
  customer: { aliases: [] },
  receivedAtMs: 1_000,
});

let offsets = 0;

/** A record of the project's deliveries topic: `anna/1` is event 1 of customer anna. */
export function deliveryRecord(name: string, over: Partial<ConsumedRecord> = {}): ConsumedRecord {
  return {
    topic: `statsig.deliveries.${projectId}`,
    partition: 0,
    offset: (offsets += 1),
    timestampMs: 0,
    key: Buffer.from(name.split('/')[0] ?? name),
    value: encodeDelivery({ ...headOf(name), body }),
    headers: {},
    ...over,
  };
}

export interface TestDelivery extends PendingDelivery {
  state: 'held' | 'acked' | 'left';
}

export function pendingDelivery(name: string): TestDelivery {
  const delivery: TestDelivery = {
    projectId,
    eventId: name,
    orderKey: name.split('/')[0] ?? name,
    format: 'revenuecat',
    bytes: 12,
    progress: newProgress(),
    head: headOf(name),
    body: Buffer.from(body),
    record: deliveryRecord(name),
    state: 'held',
    ack: () => (delivery.state = 'acked'),
    leave: () => (delivery.state = 'left'),
  };
  return delivery;
}
