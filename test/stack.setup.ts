import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

declare global {
  var testStack: ChildProcess | undefined;
}

/** Starts Kafka and Redis once for all specs, which inherit the addresses in their environment. */
export default async function setUp(): Promise<void> {
  // The tests leave nothing in the temporary folder, which is where tsx keeps compiled code.
  process.env['TSX_DISABLE_CACHE'] = '1';
  // A separate process, because Jest does not map `@app/…` paths here. It ends whenever this process ends.
  const stack = spawn(process.execPath, ['--import', 'tsx', 'tools/stack/serve.ts', '--test'], {
    cwd: path.resolve(__dirname, '..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.testStack = stack;
  for await (const line of createInterface({ input: stack.stdout })) {
    stack.stdout.resume();
    const { kafkaBrokers, redisUrl } = JSON.parse(line) as { kafkaBrokers: string; redisUrl: string };
    process.env['KAFKA_BROKERS'] = kafkaBrokers;
    process.env['REDIS_URL'] = redisUrl;
    return;
  }
  throw new Error('Failed to start Kafka and Redis for the tests; the reason is above.');
}
