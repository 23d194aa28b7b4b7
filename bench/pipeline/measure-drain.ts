import { monotonicMs } from '../monotonic-ms';
import { type Costs, costsOf } from './cost';
import { type RunningPipeline } from './running-pipeline';
import { sampleWhile } from './sample-while';

export interface DrainResult {
  /** Size of the backlog. */
  events: number;
  /** Events per second that arrived at Statsig. */
  eventsPerSecond: number;
  /** Time from the last arrival until the console had read all records, in seconds. */
  consoleBehindSeconds: number;
  costs: Costs;
}

/** Share of the backlog that arrives before the measurement, because the mapper has just started. */
const warmUpShare = 0.1;

/** Measures how fast a backlog of events in Kafka arrives at Statsig, and how long the console takes to follow. */
export async function measureDrain(pipeline: RunningPipeline, events: number): Promise<DrainResult> {
  const { events: before } = await pipeline.receiver.count();
  await pipeline.accumulate(events);
  await pipeline.untilArrived(before + Math.ceil(events * warmUpShare));
  await pipeline.receiver.arrivals();
  const startMs = monotonicMs();
  const remaining = events - ((await pipeline.receiver.count()).events - before);
  const finish = async (): Promise<void> => {
    await pipeline.untilArrived(before + events);
    await pipeline.untilConsoleHasRead();
  };
  const usages = await sampleWhile(finish(), () => pipeline.usage());
  const consoleReadMs = monotonicMs();
  const arrivedMs = (await pipeline.receiver.arrivals()).map(([, atMs]) => atMs);
  const lastMs = arrivedMs.at(-1) ?? NaN;
  return {
    events,
    eventsPerSecond: arrivedMs.length / ((lastMs - startMs) / 1_000),
    consoleBehindSeconds: (consoleReadMs - lastMs) / 1_000,
    costs: costsOf(usages, remaining),
  };
}
