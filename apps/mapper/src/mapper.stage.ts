import { type IntegrationRegistry } from '@app/integrations';
import { type ConsumedBatch, type TopicNames } from '@app/kafka';
import { read } from './arrival';
import { learn, type LearnPorts } from './learn';
import { recordsOf } from './outgoing-records';
import { write, type WritePorts } from './write';

export interface MapperPorts extends LearnPorts, WritePorts {
  integrations: Pick<IntegrationRegistry, 'find' | 'whenAny'>;
  topics: TopicNames;
  /** Maximum size of a delivery's record: key, value and headers. */
  maxRecordBytes: number;
  defaultProjectId: string;
  nowMs: () => number;
}

/**
 * Reads events, learns who the customers are, maps for Statsig, and writes. A record is acked when all that it became is
 * acknowledged. Records of a project whose integration cannot be read are left until it can.
 */
export async function mapBatch(batch: ConsumedBatch, ports: MapperPorts): Promise<void> {
  const { integrations, topics, maxRecordBytes, defaultProjectId } = ports;
  if (!(await integrations.whenAny(batch.signal))) return;
  const nowMs = ports.nowMs();
  const integrationOf = (projectId: string) => integrations.find(projectId);
  const arrivals = batch.records.map((record) => read(record, { integrationOf, defaultProjectId, nowMs }));
  // In the same turn of the event loop in which the integrations were looked up: see IntegrationLatch.
  for (const { kind, record } of arrivals) if (kind === 'waiting') batch.leave(record);

  const present = arrivals.filter((arrival) => arrival.kind !== 'waiting');
  const known = await learn(present, ports);
  const writing = { topics, maxRecordBytes, nowMs };
  await Promise.all(
    present.map(async (arrival) => {
      await write(recordsOf(arrival, known.get(arrival), writing), arrival, writing, ports);
      batch.ack(arrival.record);
    }),
  );
}
