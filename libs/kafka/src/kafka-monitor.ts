import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type KafkaClient } from './connect';
import { type GroupTopic } from './consumer-lag';
import * as metrics from './kafka.metrics';
import { isUnsafe, readTopicSettings, type TopicSettings, unsafeSettings } from './topic-safety';
import { type WaitingRecords, WaitingRecordsReader } from './waiting-records';

/** A consumer group whose backlog is exported. */
export interface MonitoredGroup extends GroupTopic {
  /** The app that reads the topic. */
  consumer: 'mapper' | 'dispatcher' | 'console';
  /** The project of a deliveries topic. */
  projectId?: string;
}

/** What decides whether Kafka deletes records before their consumer has read them. */
export interface GroupBacklog extends Pick<WaitingRecords, 'oldestMs'> {
  group: MonitoredGroup;
  /** Retention of the topic. Undefined if Kafka does not delete records because of their age. */
  retentionMs: number | undefined;
}

export interface KafkaMonitorPorts {
  /** The groups that exist now. Rejects if Kafka cannot be reached. */
  groups: () => Promise<readonly MonitoredGroup[]>;
  readWaiting: (groups: readonly MonitoredGroup[]) => Promise<ReadonlyMap<MonitoredGroup, WaitingRecords>>;
  readSettings: (topics: readonly string[]) => Promise<ReadonlyMap<string, TopicSettings>>;
  nowMs: () => number;
  logger: Logger;
}

const checkIntervalMs = 15_000;
/** Interval at which the settings of a topic are read again. */
const settingsIntervalMs = 300_000;

interface ExportedBacklog extends WaitingRecords {
  labels: { consumer: string; topic: string; project: string };
}

/**
 * Exports the backlog of consumer groups and the settings of topics, as Kafka has them: independent of whether, and by which
 * process, a partition is read.
 *
 * While Kafka cannot be read, the last known records remain, and their age grows.
 */
export class KafkaMonitor {
  private exported: ReadonlyMap<string, ExportedBacklog> = new Map();
  private lastRead: ReadonlyMap<MonitoredGroup, WaitingRecords> | undefined;
  private settings: ReadonlyMap<string, TopicSettings> = new Map();
  private settingsReadAtMs = -Infinity;
  private readonly closing = new AbortController();

  constructor(private readonly ports: KafkaMonitorPorts) {}

  start(): void {
    // Otherwise a process that can never read from Kafka would not be noticed.
    metrics.backlogReadAt.set(this.ports.nowMs() / 1_000);
    void this.repeat(() => this.checkBacklogs());
    void this.repeat(() => this.checkSettings());
  }

  /** Does not wait for a running check. */
  close(): void {
    this.closing.abort();
  }

  /**
   * What the last check found. Omits topics that it could not read. Undefined before the first check, and while Kafka cannot
   * be read.
   */
  backlogs(): GroupBacklog[] | undefined {
    return (
      this.lastRead &&
      [...this.lastRead].flatMap(([group, { oldestMs }]) => {
        const settings = this.settings.get(group.topic);
        return settings === undefined ? [] : [{ group, oldestMs, retentionMs: settings.retentionMs }];
      })
    );
  }

  async checkBacklogs(): Promise<void> {
    const { groups, readWaiting, nowMs } = this.ports;
    let read: ReadonlyMap<MonitoredGroup, WaitingRecords> | undefined;
    try {
      const monitored = await groups();
      const waiting = await readWaiting(monitored);
      const known = this.exported;
      this.exported = new Map(
        monitored.flatMap((group): [string, ExportedBacklog][] => {
          const { consumer, topic, projectId = '' } = group;
          const found = waiting.get(group) ?? known.get(keyOf(group));
          return found === undefined
            ? []
            : [[keyOf(group), { ...found, labels: { consumer, topic, project: projectId } }]];
        }),
      );
      for (const [key, { labels }] of known) if (!this.exported.has(key)) forget(labels);
      if (waiting.size > 0 || monitored.length === 0) {
        read = waiting;
        metrics.backlogReadAt.set(nowMs() / 1_000);
      }
    } finally {
      this.lastRead = read;
      for (const backlog of this.exported.values()) report(backlog, nowMs());
    }
  }

  /** Reads the settings of new topics, and from time to time those of all topics. */
  async checkSettings(): Promise<void> {
    const { groups, readSettings, nowMs } = this.ports;
    const topics = new Set((await groups()).map(({ topic }) => topic));
    const isDue = nowMs() - this.settingsReadAtMs >= settingsIntervalMs;
    const found = await readSettings([...(isDue ? topics : topics.difference(this.settings))]);
    if (isDue) this.settingsReadAtMs = nowMs();
    for (const topic of this.settings.keys()) if (!topics.has(topic)) forgetSettings(topic);
    this.settings = new Map([...this.settings, ...found].filter(([topic]) => topics.has(topic)));
    for (const [topic, settings] of found) reportSettings(topic, settings);
  }

  private async repeat(check: () => Promise<void>): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await check().catch((error: unknown) => {
        this.ports.logger.debug({ err: error }, 'failed to read backlogs or settings of topics; retrying');
      });
      await delay(checkIntervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A monitor that reads from Kafka. */
export function kafkaMonitor(
  kafka: KafkaClient,
  groups: () => Promise<readonly MonitoredGroup[]>,
  logger: Logger,
): KafkaMonitor {
  const waiting = new WaitingRecordsReader(kafka);
  return new KafkaMonitor({
    groups,
    readWaiting: (monitored) => waiting.read(monitored),
    readSettings: (topics) => readTopicSettings(kafka, topics),
    nowMs: Date.now,
    logger,
  });
}

function keyOf({ groupId, topic }: GroupTopic): string {
  return `${groupId} ${topic}`;
}

function report({ labels, count, oldestMs }: ExportedBacklog, nowMs: number): void {
  metrics.lag.set(labels, count);
  const ageMs = oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs);
  metrics.oldestWaitingSeconds.set(labels, ageMs / 1_000);
}

function forget(labels: ExportedBacklog['labels']): void {
  metrics.lag.remove(labels);
  metrics.oldestWaitingSeconds.remove(labels);
}

function reportSettings(topic: string, settings: TopicSettings): void {
  for (const setting of unsafeSettings)
    metrics.unsafeSetting.set({ topic, setting }, isUnsafe(setting, settings) ? 1 : 0);
  if (settings.retentionMs === undefined) metrics.retentionSeconds.remove({ topic });
  else metrics.retentionSeconds.set({ topic }, settings.retentionMs / 1_000);
}

function forgetSettings(topic: string): void {
  for (const setting of unsafeSettings) metrics.unsafeSetting.remove({ topic, setting });
  metrics.retentionSeconds.remove({ topic });
}
