import { type ConsumedBatch, type ConsumedRecord } from '@app/kafka';
import { type Logger, spanAttributes as attributes } from '@app/platform';
import { logBatch } from './delivery-log';
import { type OutcomeWriter } from './outcome-writer';
import { openRecord, type PendingDelivery } from './pending-delivery';
import { type ProjectDispatcher } from './project-dispatcher';

export interface DispatchPorts {
  projectId: string;
  dispatcher: Pick<ProjectDispatcher, 'deliver'>;
  outcomes: Pick<OutcomeWriter, 'writeNotADelivery'>;
  logger: Logger;
}

/** Decodes a batch, dead-letters invalid records and delivers the others. Resolves when each is handled or left in Kafka. */
export async function dispatchBatch(batch: ConsumedBatch, ports: DispatchPorts): Promise<void> {
  const startedMs = performance.now();
  const deliveries: PendingDelivery[] = [];
  const invalid: { record: ConsumedRecord; detail: string }[] = [];
  for (const record of batch.records) {
    try {
      const delivery = openRecord(record, ports.projectId, batch);
      addToSpan(delivery);
      deliveries.push(delivery);
    } catch (error) {
      invalid.push({ record, detail: error instanceof Error ? error.message : String(error) });
    }
  }
  await Promise.all([
    ports.dispatcher.deliver(deliveries, batch.signal),
    ports.outcomes.writeNotADelivery(invalid, batch.ack),
  ]);
  logBatch(ports.logger, ports.projectId, batch, { deliveries, invalid: invalid.length, startedMs });
}

function addToSpan({ projectId, eventId, head, record }: PendingDelivery): void {
  record.span?.setAttributes({
    [attributes.eventId]: head.sourceEventId,
    [attributes.eventType]: head.type,
    [attributes.projectId]: projectId,
    [attributes.deliveryId]: eventId,
  });
}
