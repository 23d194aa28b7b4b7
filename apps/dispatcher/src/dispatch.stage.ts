import { type ConsumedBatch, type ConsumedRecord } from '@app/kafka';
import { type OutcomeWriter } from './outcome-writer';
import { openRecord, type PendingDelivery } from './pending-delivery';
import { type ProjectDispatcher } from './project-dispatcher';

export interface DispatchPorts {
  projectId: string;
  dispatcher: Pick<ProjectDispatcher, 'deliver'>;
  outcomes: Pick<OutcomeWriter, 'writeNotADelivery'>;
}

/** Decodes a batch, dead-letters invalid records and delivers the others. Resolves when each is handled or left in Kafka. */
export async function dispatchBatch(batch: ConsumedBatch, ports: DispatchPorts): Promise<void> {
  const deliveries: PendingDelivery[] = [];
  const invalid: { record: ConsumedRecord; detail: string }[] = [];
  for (const record of batch.records) {
    try {
      deliveries.push(openRecord(record, ports.projectId, batch));
    } catch (error) {
      invalid.push({ record, detail: error instanceof Error ? error.message : String(error) });
    }
  }
  await Promise.all([
    ports.dispatcher.deliver(deliveries, batch.signal),
    ports.outcomes.writeNotADelivery(invalid, batch.ack),
  ]);
}
