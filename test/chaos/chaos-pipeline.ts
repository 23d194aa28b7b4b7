import { randomBytes } from 'node:crypto';
import { type DeliveryFormat, type Receipt } from '@app/delivery';
import {
  connectKafka,
  ConsumerLagReader,
  type GroupTopic,
  deliveriesTopic,
  deliveriesTopicSpec,
  dispatcherGroup,
  ensureTopics,
  kafkaConfig,
  type ProducedRecord,
  readTopic,
  RecordProducer,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { readConfig } from '@app/platform';
import { silentLogger } from '@app/testing';
import { runCommand, until } from '@tools/stack';
import { z } from 'zod';
import { root } from '../../tools/start/root';
import { AppFleet } from './app-fleet';
import { type ChaosKafka } from './chaos-kafka';
import { compareDeliveries, StatsigRecord, type PipelineResult } from './statsig-record';
import { deliveries } from './traffic';
import { authorizationOf, type WebhookLoad, WebhookSender } from './webhook-sender';

export interface ChaosSettings {
  kafka: ChaosKafka;
  redisUrl: string;
  statsigUrl: string;
  logFolder: string;
  events: number;
  customers: number;
  seed: number;
  isShort: boolean;
  /** Factor for the duration of the longest scenarios. */
  timeScale: number;
}

export interface PipelineOptions {
  format?: DeliveryFormat;
  /** Additional settings of all apps. */
  env?: Record<string, string>;
}

export const statsigKey = 'secret-chaos';
/** Partitions of each project's topic: the default of an integration. */
const partitions = 12;
const drainTimeoutMs = 600_000;
const lagIntervalMs = 500;
const producedAtOnce = 2_000;
const paceMs = 100;

/** A pipeline for one scenario: its own topics, project and apps, and the simulated Statsig. */
export class ChaosPipeline {
  /** Ids of the events that must reach Statsig. */
  readonly expected = new Set<string>();
  readonly topics: TopicNames;
  readonly ingests: AppFleet;
  readonly mappers: AppFleet;
  readonly dispatchers: AppFleet;
  readonly webhooks: WebhookSender;
  readonly statsig: StatsigRecord;
  readonly projectId: string;
  readonly env: Readonly<Record<string, string>>;
  private readonly prefix: string;
  private readonly kafka: ReturnType<typeof connectKafka>;
  private readonly producer: RecordProducer;
  private readonly topicConfig: z.output<z.ZodObject<typeof topicConfig>>;
  /** Projects with events. */
  private readonly projects = new Set<string>();

  private constructor(
    readonly settings: ChaosSettings,
    readonly format: DeliveryFormat,
    env: Record<string, string>,
  ) {
    const unique = randomBytes(4).toString('hex');
    this.prefix = `chaos-${unique}.`;
    this.projectId = `chaos-${unique}`;
    this.topics = topicNames(this.prefix);
    this.statsig = new StatsigRecord(settings.statsigUrl);
    const { brokers, topicEnv } = settings.kafka;
    this.topicConfig = readConfig(z.object(topicConfig), topicEnv);
    const config = readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: brokers });
    this.kafka = connectKafka(config, 'chaos', silentLogger);
    this.producer = new RecordProducer(this.kafka, silentLogger);
    this.env = {
      ...topicEnv,
      KAFKA_BROKERS: brokers,
      KAFKA_TOPIC_PREFIX: this.prefix,
      REDIS_URL: settings.redisUrl,
      PROJECT_ID: this.projectId,
      STATSIG_SERVER_SECRET: statsigKey,
      STATSIG_FORMAT: format,
      STATSIG_BASE_URL: settings.statsigUrl,
      STATSIG_EVENTS_URL: settings.statsigUrl,
      WEBHOOK_AUTHORIZATION: authorizationOf(this.projectId),
      LOG_LEVEL: 'warn',
      ...env,
    };
    this.ingests = new AppFleet('ingest', this.env, settings.logFolder);
    this.mappers = new AppFleet('mapper', this.env, settings.logFolder);
    this.dispatchers = new AppFleet('dispatcher', this.env, settings.logFolder);
    this.webhooks = new WebhookSender(this.ingests, this.expected);
  }

  private get fleets(): AppFleet[] {
    return [this.ingests, this.mappers, this.dispatchers];
  }

  static async open(
    settings: ChaosSettings,
    { format = 'log_event', env = {} }: PipelineOptions = {},
  ): Promise<ChaosPipeline> {
    const pipeline = new ChaosPipeline(settings, format, env);
    await ensureTopics(pipeline.kafka, topicSpecs(pipeline.topics, pipeline.topicConfig));
    await pipeline.producer.connect();
    await pipeline.statsig.clear();
    await pipeline.statsig.keys(statsigKey);
    return pipeline;
  }

  async close(): Promise<void> {
    await Promise.all(this.fleets.map((fleet) => fleet.stop()));
    await this.producer.disconnect();
    const { admin } = this.settings.kafka;
    // Each replica slows the start of a broker, and later scenarios restart the brokers.
    await admin.deleteTopics((await admin.topics()).filter((topic) => topic.startsWith(this.prefix)));
  }

  /** Starts two instances of each app, and resolves when they are ready. */
  async startApps(): Promise<void> {
    await Promise.all(this.fleets.map((fleet) => fleet.scaleTo(2)));
    await Promise.all(this.fleets.map((fleet) => fleet.ready()));
  }

  /** Posts webhooks at a constant rate. Resolves when all are accepted. */
  async post(load: Partial<WebhookLoad> & Pick<WebhookLoad, 'perSecond'>): Promise<void> {
    const { events, customers } = this.settings;
    const { projectId } = this;
    this.projects.add(load.projectId ?? projectId);
    await this.webhooks.post({ events, customers, projectId, first: 0, prefix: 'e', ...load });
  }

  /** Writes deliveries like those of the mapper; with `overMs`, spread over that time. */
  async produce(
    options: {
      events?: number;
      prefix?: string;
      projectId?: string;
      format?: DeliveryFormat;
      overMs?: number;
    } = {},
  ): Promise<void> {
    const {
      events = this.settings.events,
      overMs = 0,
      projectId = this.projectId,
      format = this.format,
      prefix,
    } = options;
    const traffic = this.deliveries({ events, projectId, format, prefix });
    await this.write(this.expectAll(traffic), { count: events, overMs, projectId });
  }

  /** Deliveries of a project, to be written to its topic. */
  deliveries({
    events,
    projectId = this.projectId,
    format = this.format,
    prefix = 'e',
  }: {
    events: number;
    projectId?: string | undefined;
    format?: DeliveryFormat | undefined;
    prefix?: string | undefined;
  }): Generator<ProducedRecord> {
    const { customers } = this.settings;
    const topic = deliveriesTopic(this.topics, projectId);
    return deliveries({ topic, partitions, projectId, format, events, customers, prefix });
  }

  /** Writes records; with `overMs`, spread evenly over that time. */
  async write(
    records: Iterable<ProducedRecord>,
    {
      count = 0,
      overMs = 0,
      projectId = this.projectId,
    }: { count?: number; overMs?: number; projectId?: string } = {},
  ): Promise<void> {
    await this.addProject(projectId);
    const startMs = performance.now();
    const step = overMs === 0 ? producedAtOnce : Math.ceil(count / (overMs / paceMs));
    let written = 0;
    for (const part of inParts(records, step)) {
      await this.producer.send(part);
      written += part.length;
      if (overMs === 0) continue;
      const aheadMs = (overMs * written) / count - (performance.now() - startMs);
      if (aheadMs > 0) await pause(aheadMs);
    }
  }

  /** Creates a project's topic for deliveries that the mapper does not write. */
  private async addProject(projectId: string): Promise<void> {
    if (this.projects.has(projectId)) return;
    this.projects.add(projectId);
    await ensureTopics(this.kafka, [
      deliveriesTopicSpec(this.topics, this.topicConfig, projectId, partitions),
    ]);
  }

  private *expectAll(records: Iterable<ProducedRecord>): Generator<ProducedRecord> {
    for (const record of records) {
      this.expected.add(record.headers?.['event-id'] ?? '');
      yield record;
    }
  }

  async receipts(): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    await readTopic(this.kafka, this.topics.receipts, {}, ({ value }) => {
      receipts.push(JSON.parse(value?.toString() ?? '{}') as Receipt);
    });
    return receipts;
  }

  /** Ids of the events that became dead letters. */
  async readDeadLetterIds(): Promise<Set<string>> {
    const receipts = await this.receipts();
    return new Set(
      receipts.filter(({ outcome }) => outcome === 'dead_lettered').map(({ eventId }) => eventId),
    );
  }

  /** Runs a CLI command with the settings of this pipeline. */
  async cli(...args: string[]): Promise<void> {
    await runCommand(process.execPath, ['dist/tools/cli/main.js', ...args], {
      cwd: root,
      env: { ...process.env, ...this.env },
      timeoutMs: drainTimeoutMs,
    });
  }

  /** Resolves when the mapper has committed all events. */
  untilMapped(): Promise<void> {
    return this.untilCommitted([{ groupId: `${this.prefix}mapper`, topic: this.topics.events }]);
  }

  /** Waits until all offsets are committed, then compares the events that Statsig accepted with the expected ones. */
  async drain(timeoutMs = drainTimeoutMs): Promise<PipelineResult> {
    if (this.webhooks.accepted.size > 0) await this.untilMapped();
    await this.untilCommitted(
      [...this.projects].map((projectId) => ({
        groupId: dispatcherGroup(this.prefix, projectId),
        topic: deliveriesTopic(this.topics, projectId),
      })),
      timeoutMs,
    );
    return {
      ...compareDeliveries(this.expected, await this.statsig.events()),
      unwritten: await this.findUnwritten(),
      exited: this.fleets.flatMap(({ exited }) => exited),
    };
  }

  /** Accepted webhooks that are not in the events topic. */
  private async findUnwritten(): Promise<string[]> {
    const { accepted } = this.webhooks;
    if (accepted.size === 0) return [];
    const written = new Set<string>();
    await readTopic(this.kafka, this.topics.events, {}, ({ value }) => {
      const { event } = JSON.parse(value?.toString() ?? '{}') as { event?: { id?: string } };
      if (event?.id !== undefined) written.add(event.id);
    });
    return [...accepted].filter((id) => !written.has(id));
  }

  private async untilCommitted(groups: readonly GroupTopic[], timeoutMs = drainTimeoutMs): Promise<void> {
    const reader = new ConsumerLagReader(this.kafka);
    await until(
      async () => {
        for (const [i, records] of (await reader.readLag(groups)).entries())
          if (records !== 0)
            throw new Error(`${String(records)} records of ${groups[i]?.topic ?? ''} are uncommitted`);
      },
      { timeoutMs, intervalMs: lagIntervalMs },
    );
  }
}

/** Runs a scenario with its own pipeline, which is closed afterwards. */
export async function withPipeline<T>(
  settings: ChaosSettings,
  options: PipelineOptions,
  run: (pipeline: ChaosPipeline) => Promise<T>,
): Promise<T> {
  const pipeline = await ChaosPipeline.open(settings, options);
  try {
    return await run(pipeline);
  } finally {
    await pipeline.close();
  }
}

/** Waits as part of a scenario. To wait for a result, use `until`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function* inParts<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let part: T[] = [];
  for (const one of all) {
    part.push(one);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
