import { randomUUID } from 'node:crypto';
import {
  connectKafka,
  type ConsumedRecord,
  deliveriesTopicSpec,
  ensureTopics,
  kafkaConfig,
  type KafkaClient,
  textHeaders,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
  withAdmin,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { ConfigResourceTypes } from 'kafkajs';
import { z } from 'zod';
import { silentLogger } from './silent-logger';

export interface ScratchTopics {
  prefix: string;
  names: TopicNames;
  kafka: KafkaClient;
  /** Creates a project's deliveries topic and returns its name. */
  deliveriesOf: (projectId: string) => Promise<string>;
  /** Waits until a topic has this many records, and returns all records that it has then. */
  read: (topic: string, count: number) => Promise<ConsumedRecord[]>;
  /** Reads at least up to the first record for which the predicate is true. Calls it once for each record. */
  readUntil: (topic: string, isLast: (record: ConsumedRecord) => boolean) => Promise<ConsumedRecord[]>;
  /** Waits for a matching record. */
  find: (topic: string, isWanted: (record: ConsumedRecord) => boolean) => Promise<ConsumedRecord>;
  /** @param count number of records that the topic has then */
  addPartitions: (topic: string, count: number) => Promise<void>;
  /** Changes settings of a topic, as an operator can. */
  alter: (topic: string, config: Readonly<Record<string, string>>) => Promise<void>;
  /** Creates missing topics. */
  ensure: () => Promise<void>;
  remove: () => Promise<void>;
}

/** @param brokers default: the Kafka of the tests */
export function connectionTo(brokers = process.env['KAFKA_BROKERS']): KafkaClient {
  const config = readConfig(z.object(kafkaConfig), { ...process.env, KAFKA_BROKERS: brokers });
  return connectKafka(config, 'test', silentLogger);
}

/** Creates the pipeline's topics with a unique prefix, on the Kafka of the tests. */
export async function scratchTopics(
  partitions = 3,
  {
    projects = ['default'],
    brokers,
    replicas = brokers === undefined ? 1 : 3,
  }: { projects?: readonly string[]; brokers?: string | undefined; replicas?: number } = {},
): Promise<ScratchTopics> {
  const prefix = `test-${randomUUID()}.`;
  const kafka = connectionTo(brokers);
  const names = topicNames(prefix);
  const settings = {
    ...readConfig(z.object(topicConfig), {}),
    TOPIC_PARTITIONS: partitions,
    TOPIC_REPLICATION_FACTOR: replicas,
    TOPIC_MIN_INSYNC_REPLICAS: Math.min(2, replicas),
  };
  const ensure = async (): Promise<void> => {
    await ensureTopics(kafka, [
      ...topicSpecs(names, settings),
      ...projects.map((projectId) => deliveriesTopicSpec(names, settings, projectId, partitions)),
    ]);
  };
  await ensure();
  return {
    prefix,
    names,
    kafka,
    deliveriesOf: async (projectId) => {
      const spec = deliveriesTopicSpec(names, settings, projectId, partitions);
      await ensureTopics(kafka, [spec]);
      return spec.topic;
    },
    read: (topic, count) => readUntil(kafka, topic, (_, records) => records.length >= count),
    readUntil: (topic, isLast) => readUntil(kafka, topic, isLast),
    find: async (topic, isWanted) => {
      let found: ConsumedRecord | undefined;
      await readUntil(kafka, topic, (record) => {
        if (found === undefined && isWanted(record)) found = record;
        return found !== undefined;
      });
      return found as unknown as ConsumedRecord;
    },
    addPartitions: (topic, count) =>
      withAdmin(kafka, async (admin) => {
        await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      }),
    alter: (topic, config) =>
      withAdmin(kafka, async (admin) => {
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        const type = ConfigResourceTypes.TOPIC;
        await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
      }),
    ensure,
    remove: () =>
      withAdmin(kafka, async (admin) => {
        const topics = await admin.listTopics();
        await admin.deleteTopics({ topics: topics.filter((topic) => topic.startsWith(prefix)) });
      }),
  };
}

async function readUntil(
  kafka: KafkaClient,
  topic: string,
  isLast: (record: ConsumedRecord, read: readonly ConsumedRecord[]) => boolean,
): Promise<ConsumedRecord[]> {
  const consumer = kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 50 });
  const records: ConsumedRecord[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: ({ partition, message }) => {
          const record = {
            topic,
            partition,
            offset: Number(message.offset),
            timestampMs: Number(message.timestamp),
            key: message.key,
            value: message.value,
            headers: textHeaders(message.headers),
          };
          records.push(record);
          if (isLast(record, records)) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return records;
}
