import { connectKafka, kafkaConfig, type KafkaClient } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { type Stack, startStack } from '@tools/stack';
import { z } from 'zod';
import { buildApps } from '../tools/start/build-apps';

export const silentLogger = createLogger('bench', 'silent');

/** Starts Kafka and Redis, and builds the apps. `undo` stops what was started. */
export async function startBenchStack(undo: AsyncDisposableStack): Promise<Stack> {
  const stack = await startStack({ purpose: 'test' });
  undo.defer(() => stack.stop());
  await buildApps();
  return stack;
}

export function connectBenchKafka(kafkaBrokers: string): KafkaClient {
  const config = readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: kafkaBrokers });
  return connectKafka(config, 'bench', silentLogger);
}
