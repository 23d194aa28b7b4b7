import { isDeepStrictEqual } from 'node:util';
import { type Admin, type Kafka } from 'kafkajs';
import { type GroupTopic } from './consumer-lag';
import * as metrics from './kafka.metrics';
import {
  fetchUncommittedStarts,
  findOldestTime,
  isAnyOlder,
  type UncommittedStarts,
} from './oldest-uncommitted';
import { withAdmin } from './with-admin';

interface UncommittedRecords {
  starts: UncommittedStarts;
  /** When the oldest uncommitted record was written, in ms since the epoch. Undefined if there is none. */
  oldestMs: number | undefined;
}

const precisionMs = 60_000;

/**
 * Reports the age of the oldest uncommitted record of topics that no consumer reads. (A consumer reports it itself.)
 *
 * It searches for the time again only if the first uncommitted records have changed, which they do not while nothing is read.
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

  private async find(admin: Admin, group: GroupTopic): Promise<UncommittedRecords> {
    const { topic } = group;
    const starts = await fetchUncommittedStarts(admin, group);
    if (starts.size === 0) return { starts, oldestMs: undefined };
    const last = this.found.get(topic);
    const isSame =
      last?.oldestMs !== undefined &&
      isDeepStrictEqual(last.starts, starts) &&
      // False in another topic of the same name.
      (await isAnyOlder(admin, topic, starts, last.oldestMs));
    if (isSame) return last;
    return {
      starts,
      oldestMs: await findOldestTime(admin, topic, starts, { nowMs: this.nowMs(), precisionMs }),
    };
  }
}
