import {
  deliveriesTopic,
  dispatcherGroup,
  type ExistingTopics,
  type GroupTopic,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';

export interface UnreadProjectsPorts {
  existingTopics: Pick<ExistingTopics, 'list'>;
  /** Commits the offsets of a group again, so that Kafka keeps them. Rejects if the group has members. */
  refreshOffsets: (group: GroupTopic) => Promise<void>;
  /** Whether this process has a dispatcher for the project. */
  isServed: (projectId: string) => boolean;
  topics: TopicNames;
  topicPrefix: string;
  nowMs: () => number;
  logger: Logger;
}

const checkMs = 60_000;
/** Well below the time after which Kafka deletes the offsets of a group without members (7 days). */
const refreshOffsetsMs = 12 * 3_600_000;

/**
 * Keeps the offsets of groups from expiring while this process does not read their deliveries topic, because the integration
 * is paused, removed or unreadable.
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
    for (const projectId of this.projectIds) await this.refreshProject(projectId);
  }

  /** Keeps the known projects if Kafka is unavailable. */
  private async listProjects(): Promise<void> {
    const { existingTopics, topics, logger } = this.ports;
    try {
      const existing = await existingTopics.list();
      const found = new Set([...existing].flatMap((topic) => projectOfDeliveriesTopic(topics, topic) ?? []));
      for (const projectId of this.projectIds.difference(found)) this.refreshedAtMs.delete(projectId);
      this.projectIds = found;
    } catch (error) {
      logger.debug({ err: error }, 'failed to list the deliveries topics; checking the known ones');
    }
  }

  private async refreshProject(projectId: string): Promise<void> {
    const { refreshOffsets, isServed, topics, topicPrefix, nowMs, logger } = this.ports;
    const refreshedAtMs = this.refreshedAtMs.get(projectId) ?? -Infinity;
    if (isServed(projectId) || nowMs() - refreshedAtMs < refreshOffsetsMs) return;
    try {
      await refreshOffsets({
        groupId: dispatcherGroup(topicPrefix, projectId),
        topic: deliveriesTopic(topics, projectId),
      });
      this.refreshedAtMs.set(projectId, nowMs());
    } catch (error) {
      logger.debug({ err: error, projectId }, 'failed to refresh the offsets of an unread deliveries topic');
    }
  }
}
