import { customerHash, forgetCustomer, findCustomerIds } from '@app/identity';
import { projectConfig } from '@app/integrations';
import { type TopicConfig, topicConfig } from '@app/kafka';
import { readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';
import { writeAudit } from './audit';
import { type JsonOption, print, withExamples, withJson } from './output';
import { pipelineKafka } from './pipeline-kafka';
import { withRedis } from './pipeline-redis';

const config = z.object({ ...topicConfig, ...projectConfig });

/** Erases a customer by any of their ids. docs/privacy.md lists what remains and for how long. */
export function forgetCommand(): Command {
  return withExamples(
    withJson(
      new Command('forget')
        .description(
          'Erase a customer: the profile, all ids that lead to it, and the data in the console. Prints what remains',
        )
        .argument('<id>', "any id of the customer; quote anonymous ids: '$RCAnonymousID:…'")
        .option('--project <id>', 'project of the customer (default: PROJECT_ID)')
        .action(forget),
    ),
    'forget maya --project shop',
  );
}

interface Options extends JsonOption {
  project?: string;
}

async function forget(id: string, { project, json }: Options): Promise<void> {
  const settings = readConfig(config, {
    ...process.env,
    ...(project !== undefined && { PROJECT_ID: project }),
  });
  const { PROJECT_ID: projectId } = settings;
  const pipeline = await pipelineKafka();
  const erased = await withRedis(async (redis) => {
    const ids = await findCustomerIds(redis, projectId, id);
    // Written first: every console erases its data by this record, also when its read model is rebuilt.
    const idHashes = ids.map((each) => customerHash(projectId, each));
    const detail = { project: projectId, idHashes };
    await pipeline.producing((producer) =>
      writeAudit(producer, pipeline.topics, { action: 'forget', target: projectId, detail }),
    );
    return forgetCustomer(redis, projectId, id);
  });
  const summary =
    erased.length === 0
      ? `No profile in project "${projectId}" has the id "${id}".`
      : `Forgotten in project "${projectId}": ${erased.map((each) => `"${each}"`).join(', ')}.`;
  print({ project: projectId, erasedIds: erased }, json, `${summary}\n${remains(settings, Date.now())}`);
}

function remains(settings: TopicConfig, nowMs: number): string {
  const { TOPIC_SEGMENT_AGE: segmentMs } = settings;
  const until = (retentionMs: number): string =>
    `until ${new Date(nowMs + retentionMs + segmentMs).toISOString().slice(0, 10)}`;
  return [
    "Each running console erases the customer's events, deliveries and dead letters within seconds; a stopped one when it",
    'starts. Undelivered events, such as those of a paused project, are still sent.',
    '',
    'What remains:',
    `  events and receipts in Kafka   ${until(settings.TOPIC_RETENTION)}`,
    `  deliveries in Kafka            ${until(settings.TOPIC_DELIVERIES_RETENTION)}`,
    `  dead letters in Kafka          ${until(settings.TOPIC_DEAD_LETTER_RETENTION)}`,
    '  audit record                   for a year; with hashes of the ids, not the ids',
    '  Statsig                        until you ask Statsig to delete the user',
    '  RevenueCat                     until you delete the customer there; it continues to send events',
    '  logs, backups                  as long as you keep them',
    '',
  ].join('\n');
}
