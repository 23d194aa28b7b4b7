import { randomBytes } from 'node:crypto';
import { type DeliveryFormat } from '@app/delivery';
import { type Stack, until } from '@tools/stack';
import { AppFleet } from '../../test/chaos/app-fleet';
import { cpuMsOf } from '../process-usage';
import { projectId, writeBacklog } from './backlog';
import { type Counts, type Sink } from './start-sink';

export interface DrainOptions {
  stack: Stack;
  sink: Sink;
  format: DeliveryFormat;
  /** Size of the backlog. */
  events: number;
  logFolder: string;
  /** Number of dispatchers that join before the backlog is written, so that their start is not measured. @default one, which joins later */
  copies?: number;
  partitions?: number;
}

export interface DrainResult {
  /** Events per second between the first and the last. */
  rate: number;
  /** Processor time of all dispatchers per event; undefined if the system does not report it. */
  cpuMicros: number | undefined;
}

/** Drains a backlog of deliveries with dispatchers of their own, to topics of their own. */
export async function drain(options: DrainOptions): Promise<DrainResult> {
  const { stack, sink, format, events, logFolder, copies, partitions } = options;
  const prefix = `bench-${randomBytes(4).toString('hex')}.`;
  const write = (count: number): Promise<unknown> =>
    writeBacklog(stack.kafkaBrokers, prefix, format, count, partitions);
  await write(copies === undefined ? events : 0);
  await sink.counts();
  const env = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    REDIS_URL: stack.redisUrl,
    KAFKA_TOPIC_PREFIX: prefix,
    PROJECT_ID: projectId,
    STATSIG_SERVER_SECRET: 'secret',
    STATSIG_BASE_URL: sink.url,
    STATSIG_EVENTS_URL: sink.url,
    LOG_LEVEL: 'warn',
  };
  const dispatchers = new AppFleet('dispatcher', env, logFolder);
  try {
    await dispatchers.scaleTo(copies ?? 1);
    const pids = dispatchers.all.map(({ process: { pid } }) => pid);
    if (copies !== undefined) await dispatchers.ready();
    // Dispatchers that have joined deliver while the backlog is written.
    const before = await cpuMsOf(pids);
    if (copies !== undefined) await write(events);
    const rate = await measureRate(sink, events);
    const after = await cpuMsOf(pids);
    if (dispatchers.exited.length > 0)
      throw new Error(`${dispatchers.exited.join(', ')} exited: ${logFolder}`);
    const isMeasured = before !== undefined && after !== undefined;
    return { rate, cpuMicros: isMeasured ? (1_000 * (after - before)) / events : undefined };
  } finally {
    await dispatchers.stop();
  }
}

/** Waits until the sink has received the events; returns the events per second between the first and the last. */
export async function measureRate(sink: Sink, wanted: number): Promise<number> {
  const sum: Counts = { requests: 0, events: 0, firstMs: Infinity, lastMs: 0 };
  await until(
    async () => {
      const counts = await sink.counts();
      sum.events += counts.events;
      if (counts.requests > 0) {
        sum.firstMs = Math.min(sum.firstMs, counts.firstMs);
        sum.lastMs = counts.lastMs;
      }
      if (sum.events < wanted) throw new Error(`${String(sum.events)} of ${String(wanted)} events arrived`);
    },
    { timeoutMs: 900_000 },
  );
  return wanted / ((sum.lastMs - sum.firstMs) / 1_000);
}
