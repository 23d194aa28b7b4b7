/**
 * Measures the console with a full read model: how fast it stores events, how fast its pages respond and how much memory it
 * uses; and how fast it reads a backlog from Kafka. Run `npm run build`, then `npm run bench -- console`. Writes its results to
 * bench/results.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  deliveriesTopicSpec,
  ensureTopics,
  type KafkaClient,
  topicConfig,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { type Stack, startStack } from '@tools/stack';
import { Command } from 'commander';
import { z } from 'zod';
import { connectBenchKafka } from '../bench-stack';
import { measureBacklog } from './backlog-from-kafka';
import { measureFull } from './full-read-model';

const options = new Command('bench console')
  .option('--events <count>', 'events in the full read model', '1000000')
  .option('--backlog <count>', 'events in the Kafka backlog', '200000')
  .option('--only <part>', 'full or backlog')
  .parse()
  .opts<{ events: string; backlog: string; only?: string }>();

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-bench-'));
  const database = (name: string): string => path.join(folder, `${name}.sqlite`);
  const stack = await startStack({ purpose: 'test' });
  try {
    const kafka = await kafkaWithTopics(stack);
    // Runs first, while Kafka is empty, because the records of the full read model are not in Kafka.
    if (options.only !== 'backlog') await measureFull(stack, database('full'), Number(options.events));
    if (options.only !== 'full')
      await measureBacklog(stack, kafka, database('backlog'), Number(options.backlog));
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function kafkaWithTopics({ kafkaBrokers }: Stack): Promise<KafkaClient> {
  const kafka = connectBenchKafka(kafkaBrokers);
  const topics = readConfig(z.object(topicConfig));
  const names = topicNames();
  await ensureTopics(kafka, [
    ...topicSpecs(names, topics),
    deliveriesTopicSpec(names, topics, 'default', topics.TOPIC_PARTITIONS),
  ]);
  return kafka;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
