import {
  deliveriesTopic,
  dispatcherGroup,
  type ExistingTopics,
  type GroupTopic,
  projectOfDeliveriesTopic,
  type TopicNames,
  type UnreadTopics,
} from '@app/kafka';
import { type Logger } from '@app/platform';

export interface UnreadProjectsPorts {
  existingTopics: Pick<ExistingTopics, 'list'>;
  unreadTopics: Pick<UnreadTopics, 'report' | 'forget' | 'remove'>;
  /** Commits the offsets of a group again, so that Kafka keeps them. Rejects if the group has members. */
  refreshOffsets: (group: GroupTopic) => Promise<void>;
  /** `absent` means that this process has no dispatcher for the project. */
  dispatcherOf: (projectId: string) => 'absent' | 'joining' | 'reading';
  topics: TopicNames;
  topicPrefix: string;
  nowMs: () => number;
  logger: Logger;
}

const checkMs = 60_000;
/** Well below the time after which Kafka deletes the offsets of a group without members (7 days). */
const refreshOffsetsMs = 12 * 3_600_000;

/**
 * Monitors the deliveries topics that this process does not read, because the integration is paused, removed or unreadable,
 * or the consumer cannot join its group. Reports the age of the oldest event, and keeps the offsets of the groups from expiring.
 *
 * Every dispatcher does this; doing it more than once is harmless.
 */
export class UnreadProjects {
  private projectIds: ReadonlySet<string> = new Set();
  private readonly refreshedAtMs = new Map<string, number>();
  private checking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ports: UnreadProjectsPorts) {}

  start(): void {
    this.timer = setInterval(() => void this.check(), checkMs);
  }

  /** Does not wait for a running check. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  check(): Promise<void> {
    this.checking ??= this.checkNow().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  private async checkNow(): Promise<void> {
    await this.listProjects();
    for (const projectId of this.projectIds) await this.checkProject(projectId);
  }

  /** Keeps the known projects if Kafka is unavailable. */
  private async listProjects(): Promise<void> {
    const { existingTopics, unreadTopics, topics, logger } = this.ports;
    try {
      const existing = await existingTopics.list();
      const found = new Set([...existing].flatMap((topic) => projectOfDeliveriesTopic(topics, topic) ?? []));
      for (const projectId of this.projectIds.difference(found)) {
        unreadTopics.remove(deliveriesTopic(topics, projectId));
        this.refreshedAtMs.delete(projectId);
      }
      this.projectIds = found;
    } catch (error) {
      logger.debug({ err: error }, 'failed to list the deliveries topics; checking the known ones');
    }
  }

  private async checkProject(projectId: string): Promise<void> {
    const { unreadTopics, refreshOffsets, dispatcherOf, topics, topicPrefix, nowMs, logger } = this.ports;
    const topic = deliveriesTopic(topics, projectId);
    const dispatcher = dispatcherOf(projectId);
    if (dispatcher === 'reading') {
      unreadTopics.forget(topic);
      return;
    }
    const group = { groupId: dispatcherGroup(topicPrefix, projectId), topic };
    try {
      await unreadTopics.report(group);
      const refreshedAtMs = this.refreshedAtMs.get(projectId) ?? -Infinity;
      if (dispatcher !== 'absent' || nowMs() - refreshedAtMs < refreshOffsetsMs) return;
      await refreshOffsets(group);
      this.refreshedAtMs.set(projectId, nowMs());
    } catch (error) {
      logger.debug({ err: error, projectId }, 'failed to check an unread deliveries topic');
    }
  }
}
