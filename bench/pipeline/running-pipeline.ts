import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type DeliveryFormat } from '@app/delivery';
import {
  type KafkaClient,
  ConsumerLagReader,
  deliveriesTopic,
  deliveriesTopicSpec,
  ensureTopics,
  headerNames,
  RecordProducer,
  topicConfig,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { type Stack, until } from '@tools/stack';
import { Pool } from 'undici';
import { z } from 'zod';
import { AppFleet, type AppName } from '../../test/chaos/app-fleet';
import { connectBenchKafka, silentLogger } from '../bench-stack';
import { containerNodeOptions } from '../container-node-options';
import { post } from './post';
import { readUsage } from '../process-usage';
import { renewal, renewalId } from '../renewals';
import { type ProcessName, type Usage } from './cost';
import { type Receiver, startReceiver } from './start-receiver';

export interface PipelineOptions {
  stack: Stack;
  format: DeliveryFormat;
  /** File of the console's read model. */
  database: string;
  logFolder: string;
  /** Folder to which each app writes its CPU profile when it stops, in a folder of its own. */
  profileFolder?: string;
  /** Further settings of the apps. */
  env?: Readonly<Record<string, string>>;
  /** Customer and round of the n-th event, from 0; no two events may have the same of both. */
  eventAt: (n: number) => { customer: number; round: number };
}

/**
 * Each round has an event of every customer.
 *
 * @param firstRound a later one for each further pipeline on the same Redis, which knows the event ids of earlier rounds
 */
export function inRounds(customers: number, firstRound = 0): PipelineOptions['eventAt'] {
  return (n) => ({ customer: n % customers, round: firstRound + Math.floor(n / customers) });
}

const projectId = 'default';
const authorization = 'Bearer benchmark-of-the-pipeline';
const webhookPath = '/v1/webhooks/revenuecat';
/** More requests than are in flight at a rate that is sustained. */
const connections = 256;
const recordsAtOnce = 5_000;
const timeoutMs = 300_000;

/** One process of each app with default settings, and a Statsig that records when each event arrives. */
export class RunningPipeline {
  private readonly topics;
  private readonly kafka: KafkaClient;
  private readonly ingest: AppFleet;
  private readonly mapper: AppFleet;
  private readonly dispatcher: AppFleet;
  private readonly console: AppFleet;
  private pool: Pool | undefined;
  private events = 0;

  private constructor(
    private readonly options: PipelineOptions,
    readonly receiver: Receiver,
  ) {
    const { stack, logFolder, profileFolder, format, database } = options;
    const prefix = `bench-${randomBytes(4).toString('hex')}.`;
    this.topics = topicNames(prefix);
    this.kafka = connectBenchKafka(stack.kafkaBrokers);
    const env = {
      NODE_ENV: 'production',
      KAFKA_BROKERS: stack.kafkaBrokers,
      REDIS_URL: stack.redisUrl,
      KAFKA_TOPIC_PREFIX: prefix,
      STATSIG_SERVER_SECRET: 'secret',
      STATSIG_FORMAT: format,
      STATSIG_BASE_URL: receiver.url,
      STATSIG_EVENTS_URL: receiver.url,
      WEBHOOK_AUTHORIZATION: authorization,
      CONSOLE_DATABASE: database,
      ...options.env,
    };
    const fleet = (app: AppName): AppFleet => {
      const profiling =
        profileFolder === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${path.join(profileFolder, app)}`;
      return new AppFleet(app, { ...env, NODE_OPTIONS: containerNodeOptions + profiling }, logFolder);
    };
    this.ingest = fleet('ingest');
    this.mapper = fleet('mapper');
    this.dispatcher = fleet('dispatcher');
    this.console = fleet('console');
  }

  private get fleets(): AppFleet[] {
    return [this.ingest, this.mapper, this.dispatcher, this.console];
  }

  /** Resolves when all apps are ready. */
  static async start(options: PipelineOptions): Promise<RunningPipeline> {
    const pipeline = new RunningPipeline(options, await startReceiver());
    try {
      await pipeline.createTopics();
      await Promise.all(pipeline.fleets.map((fleet) => fleet.scaleTo(1)));
      await Promise.all(pipeline.fleets.map((fleet) => fleet.ready()));
      pipeline.pool = new Pool(pipeline.ingest.all[0]?.url ?? '', { connections, pipelining: 1 });
      return pipeline;
    } catch (error) {
      await pipeline.stop();
      throw error;
    }
  }

  private async createTopics(): Promise<void> {
    const config = readConfig(z.object(topicConfig), {});
    await ensureTopics(this.kafka, [
      ...topicSpecs(this.topics, config),
      deliveriesTopicSpec(this.topics, config, projectId, config.TOPIC_PARTITIONS),
    ]);
  }

  async stop(): Promise<void> {
    await this.pool?.close();
    await Promise.all(this.fleets.map((fleet) => fleet.stop()));
    this.receiver.stop();
  }

  /** Posts the next event. Returns its id, and whether it was accepted, in time. */
  postNext(): { id: string; isAccepted: Promise<boolean> } {
    const { pool } = this;
    if (pool === undefined) throw new Error('The pipeline has not started.');
    const { id, record } = this.nextEvent();
    const headers = { 'content-type': 'application/json', authorization };
    const isAccepted = post(pool, { path: webhookPath, headers, body: record.value }).then(
      (status) => status === 200,
      () => false,
    );
    return { id, isAccepted };
  }

  /** Writes a backlog while the mapper is stopped, and starts the mapper again. */
  async accumulate(events: number): Promise<void> {
    await this.mapper.scaleTo(0);
    const producer = new RecordProducer(this.kafka, silentLogger);
    await producer.connect();
    for (let written = 0; written < events; written += recordsAtOnce) {
      const part = Array.from({ length: Math.min(recordsAtOnce, events - written) }, () => {
        const { key, value, headers } = this.nextEvent().record;
        return {
          topic: this.topics.events,
          key,
          value,
          headers: { ...headers, [headerNames.projectId]: projectId },
        };
      });
      await producer.send(part);
    }
    await producer.disconnect();
    await this.mapper.scaleTo(1);
  }

  /** Resolves when this many events have arrived since the start. Rejects if one arrived twice, or an app exited. */
  async untilArrived(wanted: number): Promise<void> {
    await until(
      async () => {
        const { events } = await this.receiver.count();
        if (events < wanted) throw new Error(`${String(events)} of ${String(wanted)} events arrived.`);
      },
      { timeoutMs },
    );
    const { repeats } = await this.receiver.count();
    if (repeats > 0) throw new Error(`${String(repeats)} events arrived more than once.`);
    const exited = this.fleets.flatMap((fleet) => fleet.exited);
    if (exited.length > 0) throw new Error(`${exited.join(', ')} exited. Logs: ${this.options.logFolder}`);
  }

  /** Resolves when the console has read all records. */
  async untilConsoleHasRead(): Promise<void> {
    const topics = [this.topics.events, deliveriesTopic(this.topics, projectId), this.topics.receipts];
    const { ends } = await new ConsumerLagReader(this.kafka).clusterState(topics);
    const readModel = new DatabaseSync(this.options.database, { readOnly: true });
    try {
      const position = readModel.prepare('SELECT next FROM positions WHERE topic = ? AND partition = ?');
      await until(
        () => {
          for (const [topic, partitions] of ends)
            for (const [partition, end] of partitions)
              if (end > 0 && Number(position.get(topic, partition)?.['next'] ?? 0) < end)
                throw new Error(`The console has not read partition ${String(partition)} of ${topic}.`);
          return Promise.resolve();
        },
        { timeoutMs },
      );
    } finally {
      readModel.close();
    }
  }

  /** Of each app and server, and of this process with the receiver. */
  async usage(): Promise<Usage> {
    const { kafka, redis } = this.options.stack.pids ?? {};
    const pidOf = (fleet: AppFleet): number | undefined => fleet.all[0]?.process.pid;
    const pids: Record<ProcessName, number | undefined> = {
      ingest: pidOf(this.ingest),
      mapper: pidOf(this.mapper),
      dispatcher: pidOf(this.dispatcher),
      console: pidOf(this.console),
      Kafka: kafka,
      Redis: redis,
      sender: process.pid,
      receiver: this.receiver.pid,
    };
    const entries = Object.entries(pids) as [ProcessName, number | undefined][];
    const usages = await Promise.all(
      entries.map(
        async ([name, pid]) => [name, pid === undefined ? undefined : await readUsage(pid)] as const,
      ),
    );
    return Object.fromEntries(usages) as Usage;
  }

  private nextEvent() {
    const n = this.events++;
    const { customer, round } = this.options.eventAt(n);
    return { id: renewalId(customer, round), record: renewal(customer, round, n) };
  }
}
