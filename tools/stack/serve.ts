/**
 * Starts Kafka and Redis (`npm run stack`; also used by the tests' global setup). Prints their addresses as one line of
 * JSON, and runs until its standard input ends or it receives a signal.
 */
import { parseArgs } from 'node:util';
import { startStack } from './start-stack';

async function serve(): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
    process.stdin.once('end', resolve).resume();
  });
  const { values } = parseArgs({ options: { test: { type: 'boolean' }, brokers: { type: 'string' } } });
  const stack = await startStack({
    purpose: values.test === true ? 'test' : 'start',
    kafkaBrokers: values.brokers === undefined ? undefined : Number(values.brokers),
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const { kafkaBrokers, redisUrl, descriptions } = stack;
  process.stderr.write(`Kafka: ${descriptions.kafka}\nRedis: ${descriptions.redis}\n`);
  process.stdout.write(`${JSON.stringify({ kafkaBrokers, redisUrl })}\n`);
  await ended;
  await stack.stop();
}

serve().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
