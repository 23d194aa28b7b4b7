import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack } from '@tools/stack';
import { RunningConsole } from './running-console';

export interface CatchUpResult {
  events: number;
  records: number;
  /** From the moment at which the first record was in the read model to that at which the last was. */
  ms: number;
  /** Of all the console's threads in that time. */
  processorMs: number;
  memoryBytes: number;
}

const lookEveryMs = 100;

/** Starts the built console on an empty read model, and waits until it holds all that Kafka does. */
export async function catchUp(
  stack: Stack,
  database: string,
  backlog: { events: number; records: number },
): Promise<CatchUpResult> {
  const running = await RunningConsole.start(stack, database);
  // A reader of its own, so that the console is asked for nothing meanwhile.
  const readModel = new DatabaseSync(database, { readOnly: true });
  try {
    const taken = readModel.prepare('SELECT coalesce(sum(next), 0) AS records FROM positions');
    const until = async (isEnough: (records: number) => boolean): Promise<void> => {
      while (!isEnough(Number(taken.get()?.['records']))) await delay(lookEveryMs);
    };
    await until((records) => records > 0);
    const begun = performance.now();
    const before = Number(taken.get()?.['records']);
    const processorSeconds = await running.processorSeconds();
    await until((records) => records >= backlog.records);
    const ms = performance.now() - begun;
    const events = Number(readModel.prepare('SELECT count(*) AS events FROM events').get()?.['events']);
    if (events !== backlog.events)
      throw new Error(`the read model holds ${events} of ${backlog.events} events`);
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
