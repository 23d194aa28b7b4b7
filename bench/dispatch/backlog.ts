import { decodeDelivery, type DeliveryFormat } from '@app/delivery';
import { emptyProfile } from '@app/identity';
import { integrationSchema } from '@app/integrations';
import {
  deliveriesTopicSpec,
  ensureTopics,
  type ProducedRecord,
  RecordProducer,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { z } from 'zod';
import { parseRecord } from '../../apps/mapper/src/parsed-record';
import { mapRecord } from '../../apps/mapper/src/outgoing-records';
import { connectBenchKafka, silentLogger } from '../bench-stack';
import { renewal } from '../renewals';

export const projectId = 'bench';
const customers = 20_000;
const recordsAtOnce = 5_000;

/** Writes a backlog of deliveries to separate topics. */
export async function writeBacklog(
  kafkaBrokers: string,
  prefix: string,
  format: DeliveryFormat,
  events: number,
  partitions?: number,
): Promise<TopicNames> {
  const kafka = connectBenchKafka(kafkaBrokers);
  const names = topicNames(prefix);
  const topic = readConfig(
    z.object(topicConfig),
    partitions === undefined ? {} : { TOPIC_PARTITIONS: String(partitions) },
  );
  await ensureTopics(kafka, [
    ...topicSpecs(names, topic),
    deliveriesTopicSpec(names, topic, projectId, topic.TOPIC_PARTITIONS),
  ]);
  const producer = new RecordProducer(kafka, silentLogger);
  await producer.connect();
  let records: ProducedRecord[] = [];
  for (const record of deliveries(names, format, events, partitions)) {
    records.push(record);
    if (records.length < recordsAtOnce) continue;
    await producer.send(records);
    records = [];
  }
  await producer.send(records);
  await producer.disconnect();
  return names;
}

/** The bodies of such a backlog. */
export function bodiesOf(format: DeliveryFormat, events: number): Buffer[] {
  return [...deliveries(topicNames(), format, events)].map(
    ({ value }) => decodeDelivery(Buffer.from(value ?? '')).body,
  );
}

/** Deliveries of the mapper for sequences of renewals of many customers. */
function* deliveries(
  topics: TopicNames,
  format: DeliveryFormat,
  events: number,
  partitions?: number,
): Generator<ProducedRecord> {
  const integration = integrationSchema.parse({ projectId, serverSecret: 'secret', format, partitions });
  const known = { profiles: [emptyProfile], isLookupMissing: false };
  for (let n = 0; n < events; n++) {
    const record = renewal(n % customers, Math.floor(n / customers), n);
    const nowMs = record.timestampMs;
    const parsed = parseRecord(record, {
      integrationOf: () => ({ kind: 'ready', integration }),
      defaultProjectId: projectId,
      nowMs,
    });
    if (parsed.kind === 'waiting') throw new Error('the integration is ready');
    for (const outcome of mapRecord(parsed, known, { topics, nowMs, maxRecordBytes: 1_000_000 }))
      if (outcome.kind === 'mapped') yield outcome.delivery;
  }
}
