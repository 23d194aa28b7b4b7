import { randomUUID } from 'node:crypto';
import { type Kafka } from 'kafkajs';
import { type ConsumedRecord, textHeaders } from './records';

/**
 * Reads what a topic holds now, from the beginning or from a time on, up to where it ends when this begins.
 * Takes part in no other consumer's group, and leaves none behind.
 *
 * @param visit called for each record, those of one partition in order
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  options: {
    fromMs?: number;
    /** Called once, with how many records there are to read. */ onTotal?: (total: number) => void;
  },
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  const admin = kafka.admin();
  const groupId = `read-${randomUUID()}`;
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  const begins =
    options.fromMs === undefined
      ? ends.map(({ partition, low }) => ({ partition, offset: low }))
      : await admin.fetchTopicOffsetsByTimestamp(topic, options.fromMs);
  const left = new Map(
    begins.flatMap(({ partition, offset }) => {
      const end = Number(ends.find((one) => one.partition === partition)?.high ?? 0);
      return Number(offset) < end ? [[partition, { from: Number(offset), end }]] : [];
    }),
  );
  options.onTotal?.([...left.values()].reduce((sum, { from, end }) => sum + end - from, 0));

  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  try {
    if (left.size > 0) {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          reject(payload.error);
        });
        consumer
          .run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              const { partition } = batch;
              const bounds = left.get(partition);
              if (bounds === undefined) return;
              for (const message of batch.messages) {
                const offset = Number(message.offset);
                if (offset < bounds.from || offset >= bounds.end) continue;
                await visit({
                  topic,
                  partition,
                  offset,
                  timestampMs: Number(message.timestamp),
                  key: message.key,
                  value: message.value,
                  headers: textHeaders(message.headers),
                });
              }
              if (Number(batch.lastOffset()) + 1 >= bounds.end) left.delete(partition);
              if (left.size === 0) resolve();
            },
          })
          .then(() => {
            for (const [partition, { from }] of left)
              consumer.seek({ topic, partition, offset: String(from) });
          }, reject);
      });
    }
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}
