import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  connectKafka,
  ensureTopics,
  kafkaConfig,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { removeOnExit, type Stack } from '@tools/stack';
import { z } from 'zod';
import { type AppSpec, consoleApp, type Credentials, pipelineApps, simulator } from './apps';
import { launchApp, type RunningApp } from './launch-app';

export type KafkaClient = ReturnType<typeof connectKafka>;

export interface Pipeline extends Credentials {
  ingestUrl: string;
  simulatorUrl: string;
  consoleUrl: string;
  topics: TopicNames;
  logFolder: string;
  /** Rejects when an app exits unexpectedly; never resolves. */
  failure: Promise<never>;
}

export function createKafka({ kafkaBrokers }: Stack): KafkaClient {
  const config = readConfig(z.object(kafkaConfig), { ...process.env, KAFKA_BROKERS: kafkaBrokers });
  return connectKafka(config, 'start', createLogger('start', 'silent'));
}

/** Creates the topics with the settings of the environment. */
export async function createTopics(kafka: KafkaClient): Promise<TopicNames> {
  const config = readConfig(z.object(topicConfig));
  const names = topicNames(process.env['KAFKA_TOPIC_PREFIX']);
  await ensureTopics(kafka, topicSpecs(names, config));
  return names;
}

/** Starts the simulator and the apps. `undo` stops what was started, also after a failure. */
export async function launchApps(
  {
    stack,
    topics,
    credentials,
    withIntegration,
  }: { stack: Stack; topics: TopicNames; credentials: Credentials; withIntegration: boolean },
  undo: AsyncDisposableStack,
): Promise<Pipeline> {
  const logFolder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-logs-'));
  const logs = await removeOnExit(logFolder);
  const running: RunningApp[] = [];
  undo.defer(async () => {
    await Promise.all(running.map((app) => app.stop()));
    await logs.remove();
  });
  const launch = async (spec: AppSpec): Promise<RunningApp> => {
    const app = await launchApp(spec, logFolder);
    running.push(app);
    return app;
  };
  const statsig = await launch(simulator(credentials));
  const specs = pipelineApps(stack, credentials, statsig.url, withIntegration);
  const ingest = await launch(specs.ingest);
  // The read model is removed with the logs: every start builds it again from Kafka.
  const database = path.join(logFolder, 'read-model.sqlite');
  const [console] = await Promise.all([
    launch(consoleApp(specs.mapper, credentials, ingest.url, database)),
    launch(specs.mapper),
    launch(specs.dispatcher),
  ]);
  return {
    ...credentials,
    ingestUrl: ingest.url,
    simulatorUrl: statsig.url,
    consoleUrl: console.url,
    topics,
    logFolder,
    failure: Promise.race(running.map(({ failure }) => failure)),
  };
}
