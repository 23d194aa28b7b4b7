import { type ScratchTopics, silentLogger } from '@app/testing';
import { BatchConsumer, type BatchConsumerOptions } from '../src/batch-consumer';

/** Starts a consumer of the events. */
export async function startConsumer(
  { kafka, prefix, names }: ScratchTopics,
  options: Partial<BatchConsumerOptions> & Pick<BatchConsumerOptions, 'handler'>,
): Promise<BatchConsumer> {
  const consumer = new BatchConsumer({
    kafka,
    groupId: `${prefix}group`,
    topic: names.events,
    concurrentBatches: false,
    maxBatchRecords: 100,
    maxUnackedBytes: () => 30_000_000,
    commitIntervalMs: 100,
    logger: silentLogger,
    ...options,
  });
  await consumer.start();
  return consumer;
}
