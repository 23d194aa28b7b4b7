import {
  deleteTopic,
  deliveriesTopic,
  deliveriesTopicSpec,
  dispatcherGroup,
  ensureTopics,
  topicConfig,
  topicSpecs,
  type TopicsReport,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';
import { confirm } from './confirm';
import { CannotRunError } from './exit-codes';
import { forgetProject, type KnownProjects, knownProjects } from './known-projects';
import { type JsonOption, print, withExamples, withJson } from './output';
import { pipelineKafka, type PipelineKafka } from './pipeline-kafka';

interface Options extends JsonOption {
  deleteOrphaned?: string;
  yes?: true;
}

/** A deliveries topic whose project has no integration. */
interface OrphanedTopic {
  projectId: string;
  topic: string;
  /** Undefined if unknown. */
  undelivered: number | undefined;
}

export function topicsCommand(): Command {
  return withExamples(
    withJson(
      new Command('topics')
        .description(
          'Create missing topics: the shared ones and one for each integration, in the environment and, with REDIS_URL, in ' +
            'Redis. List deliveries topics without an integration',
        )
        .option(
          '--delete-orphaned <project>',
          'delete the deliveries topic of a project without an integration',
        )
        .option('--yes', 'do not ask for confirmation of --delete-orphaned')
        .action(topics),
    ),
    'topics',
    'topics --delete-orphaned shop',
  );
}

async function topics({ deleteOrphaned, yes, json }: Options): Promise<void> {
  const pipeline = await pipelineKafka();
  const projects = await knownProjects();
  if (deleteOrphaned === undefined) await createTopics(pipeline, projects, json);
  else await deleteOrphanedTopic(pipeline, projects, deleteOrphaned, yes === true, json);
}

async function createTopics(
  pipeline: PipelineKafka,
  projects: KnownProjects,
  json: true | undefined,
): Promise<void> {
  const { kafka, topics } = pipeline;
  const config = readConfig(z.object(topicConfig));
  const report = await ensureTopics(kafka, [
    ...topicSpecs(topics, config),
    ...[...projects.partitions].map(([projectId, partitions]) =>
      deliveriesTopicSpec(topics, config, projectId, partitions),
    ),
  ]);
  const orphaned = projects.isComplete ? await orphanedTopics(pipeline, projects) : undefined;
  print({ ...report, orphaned: orphaned ?? null }, json, summary(report, orphaned));
}

async function orphanedTopics(
  { prefix, topics, lag, projectsWithTopic }: PipelineKafka,
  { partitions }: KnownProjects,
): Promise<OrphanedTopic[]> {
  const orphaned = (await projectsWithTopic())
    .filter((projectId) => !partitions.has(projectId))
    .map((projectId) => ({
      projectId,
      topic: deliveriesTopic(topics, projectId),
      groupId: dispatcherGroup(prefix, projectId),
    }));
  const undelivered = await lag.readLag(orphaned);
  return orphaned.map(({ projectId, topic }, i) => ({ projectId, topic, undelivered: undelivered[i] }));
}

async function deleteOrphanedTopic(
  pipeline: PipelineKafka,
  projects: KnownProjects,
  projectId: string,
  yes: boolean,
  json: true | undefined,
): Promise<void> {
  if (!projects.isComplete)
    throw new CannotRunError('Set REDIS_URL, which is needed to check that the project has no integration.');
  if (projects.partitions.has(projectId))
    throw new Error(`Project "${projectId}" has an integration. Remove the integration first.`);
  const topic = (await orphanedTopics(pipeline, projects)).find((each) => each.projectId === projectId);
  if (topic === undefined) throw new Error(`Project "${projectId}" has no deliveries topic.`);
  const question = `${topic.topic} will be deleted with ${count(topic.undelivered)} undelivered events.`;
  if (!yes && !(await confirm(question, projectId))) {
    print({ deleted: null }, json, 'Nothing was deleted.');
    return;
  }
  await deleteTopic(pipeline.kafka, topic.topic, dispatcherGroup(pipeline.prefix, projectId));
  await forgetProject(projectId);
  print({ deleted: topic.topic }, json, `Deleted: ${topic.topic}`);
}

function summary(
  { created, enlarged, differing }: TopicsReport,
  orphaned: readonly OrphanedTopic[] | undefined,
): string {
  return [
    created.length === 0 ? 'All topics exist.' : `Created: ${created.join(', ')}`,
    ...(enlarged.length === 0 ? [] : [`Partitions added: ${enlarged.join(', ')}`]),
    ...differing.map(
      ({ topic, partitions, configured }) =>
        `${topic} has ${partitions} partitions, not ${configured} as configured. Changing it moves customers ` +
        'between partitions: see docs/deploy.md.',
    ),
    ...(orphaned === undefined
      ? ['REDIS_URL is not set: integrations in Redis were ignored.']
      : orphaned.map(
          ({ projectId, topic, undelivered }) =>
            `${topic} has no integration and ${count(undelivered)} undelivered events. They are delivered if the ` +
            `integration is added again. To delete them: topics --delete-orphaned ${projectId}`,
        )),
  ].join('\n');
}

function count(undelivered: number | undefined): string {
  return undelivered === undefined ? 'an unknown number of' : String(undelivered);
}
