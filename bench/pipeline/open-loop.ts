import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../monotonic-ms';

/** A constant rate over a time. */
export interface Schedule {
  /** Time of the first event, on the monotonic clock in milliseconds. */
  startMs: number;
  perSecond: number;
  events: number;
}

/** The time at which event n (from 0) is due, on the monotonic clock. */
export function scheduledMs({ startMs, perSecond }: Schedule, n: number): number {
  return startMs + (n * 1_000) / perSecond;
}

/** Number of events that are due by now. */
export function dueBy({ startMs, perSecond, events }: Schedule, nowMs: number): number {
  return nowMs < startMs ? 0 : Math.min(events, Math.floor(((nowMs - startMs) * perSecond) / 1_000) + 1);
}

interface Clock {
  nowMs: () => number;
  delay: (ms: number) => Promise<unknown>;
}

/**
 * Sends events at the times of the schedule, whether earlier ones have finished or not, so that a slow server does not lower
 * the rate (open loop). If this process is late, it sends all events that are due at once. To count the delay that a slow
 * server causes to later events, measure each one from its scheduled time, not from the time at which it was sent.
 */
export async function sendOnSchedule(
  schedule: Schedule,
  send: (n: number, scheduledMs: number) => void,
  { nowMs, delay: wait }: Clock = { nowMs: monotonicMs, delay },
): Promise<void> {
  for (let sent = 0; sent < schedule.events;) {
    const due = dueBy(schedule, nowMs());
    for (; sent < due; sent++) send(sent, scheduledMs(schedule, sent));
    if (sent < schedule.events) await wait(Math.max(0, scheduledMs(schedule, sent) - nowMs()));
  }
}
