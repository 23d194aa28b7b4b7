import { rename, writeFile } from 'node:fs/promises';
import { type Stack } from '@tools/stack';
import { type Pipeline } from './pipeline';

/** Writes the addresses and credentials for scripts, atomically. */
export async function writeReadyFile(file: string, stack: Stack, pipeline: Pipeline): Promise<void> {
  const { ingestUrl, simulatorUrl, consoleUrl, authorization, statsigKey, consoleToken, topics } = pipeline;
  const { kafkaBrokers, redisUrl } = stack;
  const unfinished = `${file}.${process.pid}`;
  await writeFile(
    unfinished,
    `${JSON.stringify({ ingestUrl, simulatorUrl, consoleUrl, kafkaBrokers, redisUrl, authorization, statsigKey, consoleToken, topics })}\n`,
    // It contains credentials, though they are valid only for this run.
    { mode: 0o600 },
  );
  await rename(unfinished, file);
}
