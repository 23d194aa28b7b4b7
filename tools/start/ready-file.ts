import { rename, writeFile } from 'node:fs/promises';
import { type Stack } from '@tools/stack';
import { type Pipeline } from './pipeline';

/** Tells scripts, at once and whole, where everything is. */
export async function writeReadyFile(file: string, stack: Stack, pipeline: Pipeline): Promise<void> {
  const { ingestUrl, simulatorUrl, consoleUrl, authorization, statsigKey, consoleToken, topics } = pipeline;
  const { kafkaBrokers, redisUrl } = stack;
  const unfinished = `${file}.${process.pid}`;
  await writeFile(
    unfinished,
    `${JSON.stringify({ ingestUrl, simulatorUrl, consoleUrl, kafkaBrokers, redisUrl, authorization, statsigKey, consoleToken, topics })}\n`,
    // It holds credentials, though only of this start.
    { mode: 0o600 },
  );
  await rename(unfinished, file);
}
