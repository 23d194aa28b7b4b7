import { isDeepStrictEqual } from 'node:util';
import { type Admin, type Kafka } from 'kafkajs';
import { type GroupTopic } from './consumer-lag';
import * as metrics from './kafka.metrics';
import { fetchCommittedOffsets, fetchTopicOffsets, withAdmin } from './with-admin';

interface UncommittedRecords {
  /** First uncommitted offset by partition, for partitions with uncommitted records. */
  starts: ReadonlyMap<number, number>;
  /** When the oldest uncommitted record was written, in ms since the epoch. Undefined if there is none. */
  oldestMs: number | undefined;
}

const precisionMs = 60_000;

/**
 * Reports the age of the oldest uncommitted record of topics that no consumer reads. (A consumer reports it itself.)
 *
 * Kafka returns the offset for a time, but not the time of an offset, so this searches for the time with about thirty small
 * requests. It searches again only if the first uncommitted records have changed, which they do not while nothing is read.
 */
export class UnreadTopics {
  private readonly found = new Map<string, UncommittedRecords>();

  constructor(
    private readonly kafka: Kafka,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Accurate to a minute. If Kafka is unavailable, reports the record found last, and rejects. */
  async report(group: GroupTopic): Promise<void> {
    const { topic } = group;
    try {
      const found = await withAdmin(this.kafka, (admin) => this.find(admin, group));
      this.found.set(topic, found);
    } finally {
      const last = this.found.get(topic);
      if (last !== undefined) {
        const ageMs = last.oldestMs === undefined ? 0 : this.nowMs() - last.oldestMs;
        metrics.oldestUnacknowledged.set({ topic }, Math.max(0, ageMs / 1_000));
      }
    }
  }

  /** To be called when a consumer reads the topic. */
  forget(topic: string): void {
    this.found.delete(topic);
  }

  /** To be called when the topic no longer exists. */
  remove(topic: string): void {
    this.forget(topic);
    metrics.oldestUnacknowledged.remove({ topic });
  }

  private async find(admin: Admin, { groupId, topic }: GroupTopic): Promise<UncommittedRecords> {
    // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
    const offsets = await fetchTopicOffsets(admin, topic);
    const committed = await fetchCommittedOffsets(admin, groupId, topic);
    const starts = new Map(
      offsets.flatMap(({ partition, low, high }): [number, number][] => {
        const start = Math.max(low, committed.get(partition) ?? low);
        return start < high ? [[partition, start]] : [];
      }),
    );
    const last = this.found.get(topic);
    if (starts.size === 0) return { starts, oldestMs: undefined };
    const isAnyOlder = async (thanMs: number): Promise<boolean> => {
      const firstSince = await admin.fetchTopicOffsetsByTimestamp(topic, thanMs);
      return firstSince.some(({ partition, offset }) => Number(offset) > (starts.get(partition) ?? Infinity));
    };
    const isSame =
      last?.oldestMs !== undefined &&
      isDeepStrictEqual(last.starts, starts) &&
      // False in another topic of the same name.
      (await isAnyOlder(last.oldestMs));
    return isSame ? last : { starts, oldestMs: await this.readOldestTime(isAnyOlder) };
  }

  /** Doubles the age until no record is older, then bisects. */
  private async readOldestTime(isAnyOlder: (thanMs: number) => Promise<boolean>): Promise<number> {
    const nowMs = this.nowMs();
    let [fromMs, toMs] = [nowMs - precisionMs, nowMs];
    while (fromMs > 0 && (await isAnyOlder(fromMs))) [fromMs, toMs] = [nowMs - 2 * (nowMs - fromMs), fromMs];
    while (toMs - fromMs > precisionMs) {
      const middleMs = Math.floor((fromMs + toMs) / 2);
      if (await isAnyOlder(middleMs)) toMs = middleMs;
      else fromMs = middleMs;
    }
    return toMs;
  }
}
