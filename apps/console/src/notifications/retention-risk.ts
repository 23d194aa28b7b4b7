import {
  deliveriesTopic,
  dispatcherGroup,
  type GroupTopic,
  type TopicConfig,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type BacklogFigures } from '../overview/backlog';
import { type ObservedBacklog } from './observation';

/** The events of one project, or of all, that wait in a topic for a consumer. */
export interface TopicBacklog extends GroupTopic {
  projectId: string | null;
  retentionMs: number;
  /** Number of waiting events. */
  records: number;
}

/** Kafka is asked again after this time: an event gets old slowly. */
const checkIntervalMs = 60_000;
const riskyShare = 0.5;

/** Finds out in the background whether events have waited for half of the retention of their topic. */
export class RetentionRisk {
  private known: readonly ObservedBacklog[] | undefined;
  private checkedAtMs = -Infinity;
  private isChecking = false;

  /** @param hasOlder whether a record that the group has not committed is older than a time */
  constructor(
    private readonly readBacklogs: () => Promise<TopicBacklog[]>,
    private readonly hasOlder: (group: GroupTopic, thanMs: number) => Promise<boolean>,
    private readonly logger: Logger,
  ) {}

  /** The result of the last check; undefined before it, and while Kafka cannot be read. */
  backlogs(nowMs: number): readonly ObservedBacklog[] | undefined {
    if (!this.isChecking && nowMs - this.checkedAtMs >= checkIntervalMs) {
      this.isChecking = true;
      this.checkedAtMs = nowMs;
      void this.check(nowMs)
        .then((backlogs) => {
          this.known = backlogs;
        })
        .catch((error: unknown) => {
          this.known = undefined;
          this.logger.warn({ err: error }, 'failed to read the age of waiting events');
        })
        .finally(() => {
          this.isChecking = false;
        });
    }
    return this.known;
  }

  /** One topic after another, because each has its own connection. Omits topics that cannot be read. */
  private async check(nowMs: number): Promise<ObservedBacklog[]> {
    const observed: ObservedBacklog[] = [];
    for (const { projectId, retentionMs, records, groupId, topic } of await this.readBacklogs()) {
      const thanMs = nowMs - retentionMs * riskyShare;
      try {
        const isAtRisk = records > 0 && (await this.hasOlder({ groupId, topic }, thanMs));
        observed.push({ projectId, isAtRisk });
      } catch (error) {
        this.logger.warn({ err: error, topic }, 'failed to read the age of waiting events');
      }
    }
    return observed;
  }
}

/** The backlogs of the mapper and of each project, as far as they are known. */
export function topicBacklogs(
  { stages, byProject }: BacklogFigures,
  names: TopicNames,
  prefix: string,
  retention: Pick<TopicConfig, 'TOPIC_RETENTION' | 'TOPIC_DELIVERIES_RETENTION'>,
): TopicBacklog[] {
  const mapper = stages.find(({ stage }) => stage === 'mapper')?.records ?? undefined;
  const deliveries = [...byProject].map(([projectId, records]) => ({
    projectId,
    records,
    topic: deliveriesTopic(names, projectId),
    groupId: dispatcherGroup(prefix, projectId),
    retentionMs: retention.TOPIC_DELIVERIES_RETENTION,
  }));
  if (mapper === undefined) return deliveries;
  const events = {
    projectId: null,
    records: mapper,
    topic: names.events,
    groupId: `${prefix}mapper`,
    retentionMs: retention.TOPIC_RETENTION,
  };
  return [events, ...deliveries];
}
