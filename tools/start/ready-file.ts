import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TopicNames } from '@app/kafka';
import { removeOnExit, type Stack } from '@tools/stack';
import { type Credentials } from './apps';
import { keptData } from './root';

/** Addresses and credentials of a running pipeline. */
export interface RunningPipeline extends Credentials {
  ingestUrl: string;
  simulatorUrl: string;
  consoleUrl: string;
  kafkaBrokers: string;
  redisUrl: string;
  topics: TopicNames;
}

/** Describes the pipeline that `npm start` or `npm run dev` runs in this repository. */
const runningFile = path.join(keptData, 'running.json');

/** Writes the file atomically, so that scripts can wait for it. */
export async function writeReadyFile(
  file: string,
  { kafkaBrokers, redisUrl }: Pick<Stack, 'kafkaBrokers' | 'redisUrl'>,
  pipeline: Omit<RunningPipeline, 'kafkaBrokers' | 'redisUrl'>,
): Promise<void> {
  const { ingestUrl, simulatorUrl, consoleUrl, topics } = pipeline;
  const { authorization, statsigKey, consoleToken, settingsKey } = pipeline;
  const content = {
    ...{ ingestUrl, simulatorUrl, consoleUrl, kafkaBrokers, redisUrl, topics },
    ...{ authorization, statsigKey, consoleToken, settingsKey },
    pid: process.pid,
  };
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

/** Lets `npm run smoke` and `npm run dev` find this pipeline for as long as this process runs. */
export async function announce(
  stack: Pick<Stack, 'kafkaBrokers' | 'redisUrl'>,
  pipeline: Omit<RunningPipeline, 'kafkaBrokers' | 'redisUrl'>,
): Promise<void> {
  await mkdir(keptData, { recursive: true });
  await removeOnExit(runningFile);
  await writeReadyFile(runningFile, stack, pipeline);
}

/** Throws if the file does not exist or is invalid. */
export async function readReadyFile(file: string): Promise<RunningPipeline & { pid: number }> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunningPipeline & { pid: number };
  } catch (error) {
    throw new Error(
      `failed to read ${file}. A pipeline writes it when it is ready: npm start -- --ready-file ${file}`,
      { cause: error },
    );
  }
}

/** Returns the pipeline that runs in this repository; undefined if there is none. */
export async function runningPipeline(): Promise<RunningPipeline | undefined> {
  try {
    const running = await readReadyFile(runningFile);
    process.kill(running.pid, 0);
    return running;
  } catch {
    // The file does not exist, or the process that wrote it has exited.
    return undefined;
  }
}
