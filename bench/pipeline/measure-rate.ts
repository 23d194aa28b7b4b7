import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../monotonic-ms';
import { type Quantiles, quantile, quantilesOf } from '../quantile';
import { type Costs, costsOf } from './cost';
import { dueBy, type Schedule, sendOnSchedule } from './open-loop';
import { type RunningPipeline } from './running-pipeline';
import { sampleWhile } from './sample-while';
import { isSustained } from './sustained';

export interface RateResult {
  perSecond: number;
  /** Measured events. */
  events: number;
  /** Time from the scheduled time of a webhook to its arrival at Statsig, of the events that were accepted. */
  latencyMs: Quantiles & { max: number };
  /** 99th percentile of the time by which this process sent events late. It is part of the latency. */
  senderLateP99Ms: number;
  /** Webhooks without status 200. */
  rejected: number;
  isSustained: boolean;
  costs: Costs;
}

export interface Load {
  perSecond: number;
  /** Load before the measurement. */
  warmUpMs: number;
  measuredMs: number;
}

/** Time for preparations before the first event. */
const leadMs = 100;

/** Sends webhooks at a constant rate, and waits until all that were accepted have arrived. */
export async function measureRate(pipeline: RunningPipeline, load: Load): Promise<RateResult> {
  const { perSecond, warmUpMs, measuredMs } = load;
  await pipeline.receiver.arrivals();
  const { events: before } = await pipeline.receiver.count();
  const schedule: Schedule = {
    startMs: monotonicMs() + leadMs,
    perSecond,
    events: Math.round((perSecond * (warmUpMs + measuredMs)) / 1_000),
  };
  const measuredFromMs = schedule.startMs + warmUpMs;
  const responses: Promise<unknown>[] = [];
  const plannedMs = new Map<string, number>();
  const lateMs: number[] = [];
  let rejected = 0;
  const sending = sendOnSchedule(schedule, (_n, atMs) => {
    lateMs.push(monotonicMs() - atMs);
    const { id, isAccepted } = pipeline.postNext();
    plannedMs.set(id, atMs);
    responses.push(
      isAccepted.then((accepted) => {
        if (!accepted) rejected += 1;
      }),
    );
  });
  await delay(Math.max(0, measuredFromMs - monotonicMs()));
  const samples = await sampleWhile(sending, async () => {
    const usage = await pipeline.usage();
    const { events } = await pipeline.receiver.count();
    const atMs = monotonicMs();
    return { usage, backlog: { atMs, events: dueBy(schedule, atMs) - (events - before) } };
  });
  await Promise.all(responses);
  await pipeline.untilArrived(before + schedule.events - rejected);
  const latencies: number[] = [];
  for (const [id, arrivedMs] of await pipeline.receiver.arrivals()) {
    const atMs = plannedMs.get(id);
    if (atMs !== undefined && atMs >= measuredFromMs) latencies.push(arrivedMs - atMs);
  }
  return {
    perSecond,
    events: latencies.length,
    latencyMs: { ...quantilesOf(latencies), max: quantile(latencies, 1) },
    senderLateP99Ms: quantile(lateMs, 0.99),
    rejected,
    isSustained:
      rejected === 0 &&
      isSustained(
        samples.map(({ backlog }) => backlog),
        perSecond,
      ),
    costs: costsOf(
      samples.map(({ usage }) => usage),
      (perSecond * measuredMs) / 1_000,
    ),
  };
}
