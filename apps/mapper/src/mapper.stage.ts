import { type IntegrationRegistry } from '@app/integrations';
import { type ConsumedBatch, type RecordProducer, type TopicNames } from '@app/kafka';
import { read } from './arrival';
import { learn, type LearnPorts } from './learn';
import { recordsOf } from './outgoing-records';

export interface MapperPorts extends LearnPorts {
  integrations: Pick<IntegrationRegistry, 'get' | 'whenAny'>;
  producer: Pick<RecordProducer, 'send'>;
  topics: TopicNames;
  defaultProjectId: string;
  nowMs: () => number;
}

/** Parse, learn who the customers are, map to Statsig, produce; then the batch is settled. */
export async function mapBatch(batch: ConsumedBatch, ports: MapperPorts): Promise<void> {
  const { integrations, producer, topics, defaultProjectId } = ports;
  if (!(await integrations.whenAny(batch.signal))) return;
  const nowMs = ports.nowMs();
  const integrationOf = (projectId: string) => integrations.get(projectId);
  const arrivals = batch.records.map((record) => read(record, { integrationOf, defaultProjectId, nowMs }));
  const known = await learn(arrivals, ports);
  await producer.send(
    arrivals.flatMap((arrival) => recordsOf(arrival, known.get(arrival), { topics, nowMs })),
  );
  batch.records.forEach(batch.settle);
}
