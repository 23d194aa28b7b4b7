import { decodeDelivery, type DeliveryFormat } from '@app/delivery';
import {
  connectKafka,
  ensureTopics,
  kafkaConfig,
  RecordProducer,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { z } from 'zod';
import { deliveries } from '../../test/chaos/traffic';

export const projectId = 'bench';
const customers = 20_000;

/** Writes a backlog of deliveries to topics of its own. */
export async function writeBacklog(
  kafkaBrokers: string,
  prefix: string,
  format: DeliveryFormat,
  events: number,
): Promise<TopicNames> {
  const logger = createLogger('bench', 'silent');
  const kafka = connectKafka(
    readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: kafkaBrokers }),
    'bench',
    logger,
  );
  const names = topicNames(prefix);
  const topic = readConfig(z.object(topicConfig), {});
  await ensureTopics(kafka, topicSpecs(names, topic));
  const producer = new RecordProducer(kafka, logger);
  await producer.connect();
  const all = [...deliveries({ topic: names.deliveries, projectId, format, events, customers })];
  for (let at = 0; at < all.length; at += 5_000) await producer.send(all.slice(at, at + 5_000));
  await producer.disconnect();
  return names;
}

/** The bodies that such a backlog holds. */
export function bodiesOf(format: DeliveryFormat, events: number): Buffer[] {
  return [...deliveries({ topic: '', projectId, format, events, customers })].map(
    ({ value }) => decodeDelivery(Buffer.from(value ?? '')).body,
  );
}
