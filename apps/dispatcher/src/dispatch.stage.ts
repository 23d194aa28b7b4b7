import { type ConsumedBatch, type ConsumedRecord } from '@app/kafka';
import { type OutcomeWriter } from './outcome-writer';
import { openRecord, type PendingDelivery } from './pending-delivery';
import { type ProjectDispatcher } from './project-dispatcher';

export interface DispatchPorts {
  projectId: string;
  dispatcher: Pick<ProjectDispatcher, 'deliver'>;
  outcomes: Pick<OutcomeWriter, 'notADelivery'>;
}

/** Decode a batch, write dead letters for what is not a delivery, and hand the rest over. Resolves when all is handled or left. */
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
    ports.outcomes.notADelivery(invalid, batch.ack),
  ]);
}
