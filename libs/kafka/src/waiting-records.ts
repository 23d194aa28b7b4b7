import { isDeepStrictEqual } from 'node:util';
import { type Admin, type Kafka } from 'kafkajs';
import { type GroupTopic } from './consumer-lag';
import { findOldestTime, isAnyOlder, startsOf } from './oldest-uncommitted';
import { readEach } from './read-each';
import { fetchUncommitted, recordsIn, type UncommittedOffsets } from './with-admin';

/** The records of a topic that a group has not committed, whether or not a consumer reads them. */
export interface WaitingRecords {
  count: number;
  /** When the oldest of them was written, in ms since the epoch, at most a minute too late. Undefined if there is none. */
  oldestMs: number | undefined;
}

interface Found extends WaitingRecords {
  uncommitted: readonly UncommittedOffsets[];
}

const precisionMs = 60_000;

/**
 * Reads from Kafka what waits for consumer groups. The search for the oldest record takes one request if it is less than a
 * minute old. It is not repeated while the first uncommitted records stay the same, for example because the project is paused.
 */
export class WaitingRecordsReader {
  private readonly found = new Map<string, Found>();

  constructor(
    private readonly kafka: Kafka,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Omits groups whose topic cannot be read. May reject if Kafka cannot be reached. */
  async read<G extends GroupTopic>(groups: readonly G[]): Promise<Map<G, WaitingRecords>> {
    const found = await readEach(this.kafka, groups, (admin, group) => this.find(admin, group));
    const keys = new Set(groups.map(keyOf));
    for (const key of this.found.keys()) if (!keys.has(key)) this.found.delete(key);
    for (const [group, one] of found) this.found.set(keyOf(group), one);
    return found;
  }

  private async find(admin: Admin, group: GroupTopic): Promise<Found> {
    const { groupId, topic } = group;
    const uncommitted = await fetchUncommitted(admin, groupId, topic);
    const count = recordsIn(uncommitted);
    if (count === 0) return { count, uncommitted, oldestMs: undefined };
    const starts = startsOf(uncommitted);
    const last = this.found.get(keyOf(group));
    const isSame =
      last?.oldestMs !== undefined &&
      isDeepStrictEqual(startsOf(last.uncommitted), starts) &&
      // False in another topic of the same name.
      (await isAnyOlder(admin, topic, starts, last.oldestMs));
    const oldestMs = isSame
      ? last.oldestMs
      : await findOldestTime(admin, topic, starts, { nowMs: this.nowMs(), precisionMs });
    return { count, uncommitted, oldestMs };
  }
}

function keyOf({ groupId, topic }: GroupTopic): string {
  return `${groupId} ${topic}`;
}
