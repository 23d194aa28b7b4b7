import { isDeepStrictEqual } from 'node:util';
import { type Admin, type Kafka } from 'kafkajs';
import { type GroupTopic } from './consumer-lag';
import * as metrics from './kafka.metrics';
import { fetchCommittedOffsets, fetchTopicOffsets, withAdmin } from './with-admin';

interface Found {
  /** By partition, the first offset that is not committed; only of partitions that have a record there. */
  starts: ReadonlyMap<number, number>;
  /** When the oldest of those records was written, in ms since the epoch; undefined if there is none. */
  oldestMs: number | undefined;
}

const precisionMs = 60_000;

/**
 * Reports how long the oldest uncommitted record of a topic has waited, for topics that no consumer reads: a consumer reports
 * that itself.
 *
 * Kafka can be asked for the offset at a time, not for the time of an offset, so the time is searched: about thirty small
 * requests, once for as long as the first uncommitted records stay the same, which they do while nothing is read.
 */
export class UnreadTopics {
  private readonly found = new Map<string, Found>();

  constructor(
    private readonly kafka: Kafka,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Exact to a minute. Rejects if Kafka cannot be asked; then the record that was found last is reported. */
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

  /** A consumer reads the topic now. */
  forget(topic: string): void {
    this.found.delete(topic);
  }

  /** The topic is not there any more. */
  remove(topic: string): void {
    this.forget(topic);
    metrics.oldestUnacknowledged.remove({ topic });
  }

  private async find(admin: Admin, { groupId, topic }: GroupTopic): Promise<Found> {
    // One after the other: what is still running when the other fails would connect again after the disconnect.
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
      // Not so in another topic of the same name.
      (await isAnyOlder(last.oldestMs));
    return isSame ? last : { starts, oldestMs: await this.timeOfOldest(isAnyOlder) };
  }

  /** Doubles the age until no record is older, then halves what is left. */
  private async timeOfOldest(isAnyOlder: (thanMs: number) => Promise<boolean>): Promise<number> {
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
