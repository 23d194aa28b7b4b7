import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack } from '@tools/stack';
import { RunningConsole } from './running-console';

export interface CatchUpResult {
  events: number;
  records: number;
  /** From the first record in the read model to the last. */
  ms: number;
  /** Of all threads of the console during that time. */
  processorMs: number;
  memoryBytes: number;
}

const pollIntervalMs = 100;

/** Starts the built console with an empty read model, and waits until it has read everything in Kafka. */
export async function catchUp(
  stack: Stack,
  database: string,
  backlog: { events: number; records: number },
): Promise<CatchUpResult> {
  const running = await RunningConsole.start(stack, database);
  // Reads the file directly, so that the console serves no requests during the measurement.
  const readModel = new DatabaseSync(database, { readOnly: true });
  try {
    const position = readModel.prepare('SELECT coalesce(sum(next), 0) AS records FROM positions');
    const until = async (isEnough: (records: number) => boolean): Promise<void> => {
      while (!isEnough(Number(position.get()?.['records']))) await delay(pollIntervalMs);
    };
    await until((records) => records > 0);
    const startedAt = performance.now();
    const before = Number(position.get()?.['records']);
    const processorSeconds = await running.processorSeconds();
    await until((records) => records >= backlog.records);
    const ms = performance.now() - startedAt;
    const events = Number(readModel.prepare('SELECT count(*) AS events FROM events').get()?.['events']);
    if (events !== backlog.events)
      throw new Error(`the read model has ${events} of ${backlog.events} events`);
    const share = (backlog.records - before) / backlog.records;
    return {
      records: backlog.records - before,
      events: Math.round(backlog.events * share),
      ms,
      processorMs: 1_000 * ((await running.processorSeconds()) - processorSeconds),
      memoryBytes: await running.memoryBytes(),
    };
  } finally {
    readModel.close();
    await running.stop();
  }
}
