import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type Kafka } from 'kafkajs';
import { withoutPlaceholders } from './oversized-batch';
import { type ConsumedRecord, textHeaders } from './records';
import { fetchTopicOffsets, withAdmin } from './with-admin';

const checkIntervalMs = 2_000;
/** Time without progress after which the rest of a topic counts as unreadable. */
const stallTimeoutMs = 60_000;

/** Offsets of one partition: the next one to read, and the one after the last record when reading began. */
interface Range {
  next: number;
  end: number;
}

/**
 * Reads a topic from its beginning or from a given time, up to its current end.
 * Joins a consumer group of its own and deletes it afterwards.
 *
 * A partition is finished when the position has reached its end, not when the last record was read: the last offsets may be
 * transaction markers, aborted records, or records deleted in the meantime, which are never visited.
 *
 * @param visit called for each record, in order within a partition. If it rejects, `readTopic` rejects and does not call it again
 * @throws Error if the topic does not exist, or after a minute without progress
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  options: {
    fromMs?: number;
    /** Called once with the number of offsets to read, which is an upper bound of the number of records. */
    onTotal?: (total: number) => void;
  },
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  const left = await readRanges(kafka, topic, options.fromMs);
  options.onTotal?.([...left.values()].reduce((sum, { next, end }) => sum + end - next, 0));
  if (left.size === 0) return;
  const groupId = `read-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  const stopped = new AbortController();
  try {
    await Promise.race([
      consume(consumer, topic, left, visit),
      finishDeleted(kafka, topic, left, stopped.signal),
    ]);
  } finally {
    stopped.abort();
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }
}

/** Offsets to read, by partition. kafkajs returns the last stable offset as the end, so open transactions are excluded. */
async function readRanges(
  kafka: Kafka,
  topic: string,
  fromMs: number | undefined,
): Promise<Map<number, Range>> {
  const [ends, begins] = await withAdmin(kafka, async (admin) => {
    const offsets = await fetchTopicOffsets(admin, topic);
    return [
      new Map(offsets.map(({ partition, high }) => [partition, high])),
      fromMs === undefined
        ? offsets.map(({ partition, low }) => ({ partition, offset: low }))
        : (await admin.fetchTopicOffsetsByTimestamp(topic, fromMs)).map(({ partition, offset }) => ({
            partition,
            offset: Number(offset),
          })),
    ];
  });
  return new Map(
    begins.flatMap(({ partition, offset }) => {
      const end = ends.get(partition) ?? 0;
      return offset < end ? [[partition, { next: offset, end }]] : [];
    }),
  );
}

/** Resolves when every partition has been read to its end. */
async function consume(
  consumer: Consumer,
  topic: string,
  left: Map<number, Range>,
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let hasFailed = false;
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      // kafkajs restarts the consumer after a temporary failure, such as a group coordinator that is still loading.
      if (!restart) reject(error);
    });
    // kafkajs does not call `eachBatch` for a batch without visible records.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      advance(left, partition, Number(lastOffset) + 1);
      if (left.size === 0) resolve();
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const [partition, { next }] of left) consumer.seek({ topic, partition, offset: String(next) });
    });
    consumer
      .run({
        autoCommit: false,
        eachBatch: async ({ batch: { partition, messages } }) => {
          for (const message of withoutPlaceholders(messages)) {
            const range = left.get(partition);
            const offset = Number(message.offset);
            if (hasFailed || range === undefined || offset < range.next || offset >= range.end) continue;
            const { timestamp, key, value } = message;
            const headers = textHeaders(message.headers);
            try {
              await visit({ topic, partition, offset, timestampMs: Number(timestamp), key, value, headers });
            } catch (error) {
              // Throwing would make kafkajs read the batch again and continue behind the visited records.
              hasFailed = true;
              reject(error instanceof Error ? error : new Error(String(error)));
              return;
            }
            range.next = offset + 1;
          }
        },
      })
      .catch(reject);
  });
}

/**
 * Resolves when nothing is left to read because retention or an operator deleted records during the read, which no fetch
 * shows. Rejects after a minute without progress, for example because the topic was deleted.
 */
async function finishDeleted(
  kafka: Kafka,
  topic: string,
  left: Map<number, Range>,
  signal: AbortSignal,
): Promise<void> {
  const position = (): number => [...left.values()].reduce((sum, { next, end }) => sum + next - end, 0);
  let [before, sinceMs] = [position(), Date.now()];
  for (;;) {
    await delay(checkIntervalMs, undefined, { signal });
    const now = position();
    if (now !== before) {
      [before, sinceMs] = [now, Date.now()];
      continue;
    }
    const offsets = await withAdmin(kafka, (admin) => fetchTopicOffsets(admin, topic)).catch(() => []);
    for (const { partition, low } of offsets) advance(left, partition, low);
    if (left.size === 0) return;
    if (Date.now() - sinceMs > stallTimeoutMs) {
      const unread = [...left].map(([partition, { next, end }]) => `${partition} (${next} to ${end - 1})`);
      throw new Error(`failed to read ${topic}: no progress for a minute in partitions ${unread.join(', ')}`);
    }
  }
}

function advance(left: Map<number, Range>, partition: number, next: number): void {
  const range = left.get(partition);
  if (range === undefined) return;
  range.next = Math.max(range.next, next);
  if (range.next >= range.end) left.delete(partition);
}
