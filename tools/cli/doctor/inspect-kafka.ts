import { setTimeout as delay } from 'node:timers/promises';
import {
  deliveriesTopic,
  deliveriesTopicSpec,
  dispatcherGroup,
  isKafkaUnavailable,
  type TopicConfig,
  topicConfig,
  topicSpecs,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { z } from 'zod';
import { CannotRunError } from '../exit-codes';
import { pipelineKafka, type PipelineKafka } from '../pipeline-kafka';
import { evaluateBrokers } from './evaluate-brokers';
import { evaluateGroup, type Expectation, type ObservedGroup } from './evaluate-group';
import { evaluateTopic } from './evaluate-topic';
import { error, type Finding, warning } from './finding';
import { type RedisInspection } from './inspect-redis';

export interface KafkaInspection {
  findings: Finding[];
  /** Number of events whose time is more than a minute ahead of this machine. */
  futureRecords: number;
}

type GroupToObserve = Pick<ObservedGroup, 'app' | 'expectation'> & { groupId: string; topic: string };

const futureToleranceMs = 60_000;

/** @param observeMs time for which the positions of the groups are observed */
export async function inspectKafka(redis: RedisInspection, observeMs: number): Promise<KafkaInspection> {
  const config = readConfig(z.object(topicConfig));
  let pipeline: PipelineKafka;
  try {
    pipeline = await pipelineKafka();
  } catch (cause) {
    if (!(cause instanceof CannotRunError)) throw cause;
    const finding = error('Kafka', cause.message, 'Without Kafka, webhooks are rejected: fix this first.');
    return { findings: [finding], futureRecords: 0 };
  }
  const { inspector, topics } = pipeline;
  const partitions = await projectPartitions(pipeline, redis);
  const [brokerFindings, topicFindings, groupFindings, futureRecords] = await Promise.all([
    unlessRejected('Kafka', async () =>
      evaluateBrokers(await inspector.brokers(), config.TOPIC_REPLICATION_FACTOR),
    ),
    inspectTopics(pipeline, config, partitions),
    inspectGroups(pipeline, redis, [...partitions.keys()], observeMs),
    inspector.recordsSince(topics.events, Date.now() + futureToleranceMs).catch(() => 0),
  ]);
  return { findings: [...brokerFindings, ...topicFindings, ...groupFindings], futureRecords };
}

/** Partition counts by project: those of the integrations; without Redis, those of the existing topics. */
async function projectPartitions(
  { lag, topics }: PipelineKafka,
  { isComplete, integrations }: RedisInspection,
): Promise<ReadonlyMap<string, number>> {
  const configured = integrations.map(({ projectId, partitions }): [string, number] => [
    projectId,
    partitions,
  ]);
  if (isComplete) return new Map(configured);
  const existing = await lag.projectPartitions(topics).catch(() => []);
  return new Map([...existing, ...configured]);
}

async function inspectTopics(
  { inspector, topics }: PipelineKafka,
  config: TopicConfig,
  partitions: ReadonlyMap<string, number>,
): Promise<Finding[]> {
  const specs = [
    ...topicSpecs(topics, config),
    ...[...partitions].map(([projectId, count]) => deliveriesTopicSpec(topics, config, projectId, count)),
  ];
  const findings = await Promise.all(
    specs.map((spec) =>
      unlessRejected(spec.topic, async () => evaluateTopic(await inspector.topic(spec.topic), spec)),
    ),
  );
  return findings.flat();
}

async function inspectGroups(
  pipeline: PipelineKafka,
  redis: RedisInspection,
  projects: readonly string[],
  observeMs: number,
): Promise<Finding[]> {
  const { inspector, prefix, topics } = pipeline;
  const groups: GroupToObserve[] = [
    { app: 'mapper', expectation: 'running', groupId: `${prefix}mapper`, topic: topics.events },
    ...projects.map((projectId) => ({
      app: 'dispatcher' as const,
      expectation: expectationFor(redis, projectId),
      groupId: dispatcherGroup(prefix, projectId),
      topic: deliveriesTopic(topics, projectId),
    })),
  ];
  const position = ({ groupId, topic }: GroupToObserve) =>
    inspector.position({ groupId, topic }).catch((cause: unknown) => {
      if (isKafkaUnavailable(cause)) return undefined;
      throw cause;
    });
  const before = await Promise.all(groups.map(position));
  await delay(observeMs);
  const findings = await Promise.all(
    groups.map(async (each, i): Promise<Finding[]> => {
      const [start, end] = [before[i], await position(each)];
      const { groupId, topic, app, expectation } = each;
      // The finding of the topic explains it.
      if (start === undefined || end === undefined)
        return [warning(groupId, `The lag in ${topic} cannot be read.`, 'See the finding for the topic.')];
      const positions = { before: start, after: end, observedMs: observeMs };
      return unlessRejected(groupId, async () =>
        evaluateGroup({ group: await inspector.group(groupId), app, expectation, ...positions }),
      );
    }),
  );
  return findings.flat();
}

/** A finding instead of the evaluation if Kafka rejects or loses the requests. */
async function unlessRejected(subject: string, evaluate: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await evaluate();
  } catch (cause) {
    if (!isKafkaUnavailable(cause)) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const action =
      'Allow the Kafka user of the command line to describe topics, configurations and groups, and run the check again.';
    return [warning(subject, `It cannot be checked: ${message}.`, action)];
  }
}

function expectationFor({ integrations }: RedisInspection, projectId: string): Expectation {
  const state = integrations.find((integration) => integration.projectId === projectId)?.state;
  switch (state) {
    case 'enabled':
      return 'running';
    case 'paused':
      return 'paused';
    case 'unreadable':
    case undefined:
      return 'unknown';
  }
}
