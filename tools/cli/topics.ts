import {
  connectKafka,
  ensureTopics,
  kafkaConfig,
  topicConfig,
  topicNames,
  topicSpecs,
  type TopicsReport,
} from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';

export function topicsCommand(): Command {
  return new Command('topics')
    .description('Create the topics that are missing. Those that exist are left as they are')
    .action(async () => {
      process.stdout.write(told(await createTopics()));
    });
}

function createTopics(): Promise<TopicsReport> {
  const config = readConfig(z.object({ ...kafkaConfig, ...topicConfig }));
  return ensureTopics(
    connectKafka(config, 'topics', createLogger('topics', 'warn')),
    topicSpecs(topicNames(config.KAFKA_TOPIC_PREFIX), config),
  );
}

function told({ created, differing }: TopicsReport): string {
  return [
    created.length === 0 ? 'Every topic is there.' : `Created: ${created.join(', ')}`,
    ...differing.map(
      ({ topic, partitions, configured }) =>
        `${topic} has ${partitions} partitions, not ${configured} as configured. Changing that moves customers ` +
        'between partitions: docs/deploy.md tells how.',
    ),
    '',
  ].join('\n');
}
