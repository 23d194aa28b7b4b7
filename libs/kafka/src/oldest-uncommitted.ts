import { type Admin } from 'kafkajs';
import { type UncommittedOffsets } from './with-admin';

/** First uncommitted offset by partition, for partitions with uncommitted records. */
type UncommittedStarts = ReadonlyMap<number, number>;

export function startsOf(uncommitted: readonly UncommittedOffsets[]): UncommittedStarts {
  return new Map(uncommitted.map(({ partition, start }) => [partition, start]));
}

/** Whether one of the first uncommitted records was written before this time, in ms since the epoch. */
export async function isAnyOlder(
  admin: Admin,
  topic: string,
  starts: UncommittedStarts,
  thanMs: number,
): Promise<boolean> {
  const firstSince = await admin.fetchTopicOffsetsByTimestamp(topic, thanMs);
  return firstSince.some(({ partition, offset }) => Number(offset) > (starts.get(partition) ?? Infinity));
}

/**
 * Searches for the time at which the oldest uncommitted record was written, in ms since the epoch: Kafka returns the offset
 * for a time, but not the time of an offset. Doubles the age until no record is older, then bisects, with about thirty small
 * requests.
 *
 * @returns a time that is later by at most the precision
 */
export async function findOldestTime(
  admin: Admin,
  topic: string,
  starts: UncommittedStarts,
  { nowMs, precisionMs }: { nowMs: number; precisionMs: number },
): Promise<number> {
  const isOlder = (thanMs: number): Promise<boolean> => isAnyOlder(admin, topic, starts, thanMs);
  let [fromMs, toMs] = [nowMs - precisionMs, nowMs];
  while (fromMs > 0 && (await isOlder(fromMs))) [fromMs, toMs] = [nowMs - 2 * (nowMs - fromMs), fromMs];
  while (toMs - fromMs > precisionMs) {
    const middleMs = Math.floor((fromMs + toMs) / 2);
    if (await isOlder(middleMs)) toMs = middleMs;
    else fromMs = middleMs;
  }
  return toMs;
}
