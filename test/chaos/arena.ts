import { randomBytes } from 'node:crypto';
import { type DeliveryFormat, type Receipt } from '@app/delivery';
import {
  connectKafka,
  ensureTopics,
  GroupBacklog,
  kafkaConfig,
  ParkedTopics,
  type ProducedRecord,
  readTopic,
  RecordProducer,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { runCommand, until } from '@tools/stack';
import { z } from 'zod';
import { root } from '../../tools/start/root';
import { DispatcherFleet } from './dispatcher-fleet';
import { StatsigRecord, type Tally, tally } from './statsig-record';
import { deliveries } from './traffic';

export interface ArenaSettings {
  kafkaBrokers: string;
  redisUrl: string;
  statsigUrl: string;
  logFolder: string;
  events: number;
  customers: number;
  seed: number;
}

export const statsigKey = 'secret-chaos';
const settleTimeoutMs = 600_000;
const producedAtOnce = 2_000;
const paceMs = 100;

/** What a scenario has to itself: topics, a project, dispatchers, and the Statsig that they deliver to. */
export class Arena {
  readonly expected = new Set<string>();
  readonly topics: TopicNames;
  readonly fleet: DispatcherFleet;
  readonly statsig: StatsigRecord;
  readonly projectId: string;
  private readonly prefix: string;
  private readonly kafka: ReturnType<typeof connectKafka>;
  private readonly producer: RecordProducer;
  private readonly backlog: GroupBacklog;
  private readonly parked: ParkedTopics;

  private constructor(
    readonly settings: ArenaSettings,
    readonly format: DeliveryFormat,
    env: Record<string, string>,
  ) {
    const unique = randomBytes(4).toString('hex');
    this.prefix = `chaos-${unique}.`;
    this.projectId = `chaos-${unique}`;
    this.topics = topicNames(this.prefix);
    this.statsig = new StatsigRecord(settings.statsigUrl);
    const logger = createLogger('chaos', 'silent');
    const config = readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: settings.kafkaBrokers });
    this.kafka = connectKafka(config, 'chaos', logger);
    this.producer = new RecordProducer(this.kafka, logger, { ifUnconfirmed: 'retry' });
    this.backlog = new GroupBacklog(this.kafka, `${this.prefix}dispatcher`);
    this.parked = new ParkedTopics(this.kafka, this.topics, 86_400_000);
    this.fleet = new DispatcherFleet(
      {
        KAFKA_BROKERS: settings.kafkaBrokers,
        KAFKA_TOPIC_PREFIX: this.prefix,
        REDIS_URL: settings.redisUrl,
        PROJECT_ID: this.projectId,
        STATSIG_SERVER_SECRET: statsigKey,
        STATSIG_BASE_URL: settings.statsigUrl,
        STATSIG_EVENTS_URL: settings.statsigUrl,
        LOG_LEVEL: 'warn',
        ...env,
      },
      settings.logFolder,
    );
  }

  static async open(
    settings: ArenaSettings,
    { format = 'log_event', env = {} }: { format?: DeliveryFormat; env?: Record<string, string> } = {},
  ): Promise<Arena> {
    const arena = new Arena(settings, format, env);
    const topic = readConfig(z.object(topicConfig), {});
    await ensureTopics(arena.kafka, topicSpecs(arena.topics, topic));
    await arena.producer.connect();
    await arena.statsig.clear();
    await arena.statsig.keys(statsigKey);
    return arena;
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.producer.disconnect();
    await this.backlog.close();
  }

  /** Writes the traffic; with `overMs`, spread over that time. */
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
    const traffic = deliveries({
      topic: this.topics.deliveries,
      projectId,
      format,
      events,
      customers: this.settings.customers,
      ...(prefix !== undefined && { prefix }),
    });
    await this.write(this.expecting(traffic), { count: events, overMs });
  }

  /** Writes records as they are made; with `overMs`, evenly over that time. */
  async write(
    records: Iterable<ProducedRecord>,
    { count = 0, overMs = 0 }: { count?: number; overMs?: number } = {},
  ): Promise<void> {
    const begun = performance.now();
    const step = overMs === 0 ? producedAtOnce : Math.ceil(count / (overMs / paceMs));
    let written = 0;
    for (const part of inParts(records, step)) {
      await this.producer.send(part);
      written += part.length;
      if (overMs === 0) continue;
      const aheadMs = (overMs * written) / count - (performance.now() - begun);
      if (aheadMs > 0) await pause(aheadMs);
    }
  }

  private *expecting(records: Iterable<ProducedRecord>): Generator<ProducedRecord> {
    for (const record of records) {
      this.expected.add(record.headers?.['event-id'] ?? '');
      yield record;
    }
  }

  /** What the dispatchers have told of their events. */
  async receipts(): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    await readTopic(this.kafka, this.topics.receipts, {}, ({ value }) => {
      receipts.push(JSON.parse(value?.toString() ?? '{}') as Receipt);
    });
    return receipts;
  }

  /** Runs a command of the CLI in these surroundings. */
  async cli(...args: string[]): Promise<void> {
    await runCommand(process.execPath, ['dist/tools/cli/main.js', ...args], {
      cwd: root,
      env: { ...process.env, ...this.fleet.env },
      timeoutMs: settleTimeoutMs,
    });
  }

  /** Waits until the dispatchers have committed everything; answers what Statsig has then. */
  async settled(timeoutMs = settleTimeoutMs): Promise<Tally> {
    const topics = [this.topics.deliveries, ...(await this.parked.existing())];
    await until(
      async () => {
        const backlogs = await this.backlog.of(topics);
        const waiting = backlogs.reduce((sum, one) => sum + one.waiting, 0);
        if (waiting > 0) throw new Error(`${String(waiting)} events are still uncommitted`);
      },
      { timeoutMs },
    );
    return tally(this.expected, await this.statsig.events());
  }
}

/** Opens an arena, lets the scenario take its course in it, and closes it however that ends. */
export async function inArena<T>(
  settings: ArenaSettings,
  options: { format?: DeliveryFormat; env?: Record<string, string> },
  course: (arena: Arena) => Promise<T>,
): Promise<T> {
  const arena = await Arena.open(settings, options);
  try {
    return await course(arena);
  } finally {
    await arena.close();
  }
}

/** Lets time pass in a scenario: part of what is being tried, not a wait for a result. */
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
