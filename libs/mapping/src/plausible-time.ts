import { eventTimeMs, type RevenueCatEvent } from '@app/revenuecat';

/** The App Store opened on 2008-07-10: no purchase is older. */
const firstPlausibleMs = 1_215_648_000_000;
const clockToleranceMs = 3_600_000;

/** Returns `otherwiseMs` if the time is absent, before app stores existed, or later than `nowMs` by more than clocks differ. */
export function plausibleTimeMs(
  timeMs: number | undefined,
  otherwiseMs: number,
  nowMs = otherwiseMs,
): number {
  const isPlausible =
    timeMs !== undefined && timeMs >= firstPlausibleMs && timeMs <= nowMs + clockToleranceMs;
  return isPlausible ? Math.trunc(timeMs) : otherwiseMs;
}

/** When the event happened, in ms: its own time, or the time at which it was received if its own is not plausible. */
export function occurredAtMs(event: RevenueCatEvent, receivedAtMs: number): number {
  return plausibleTimeMs(eventTimeMs(event), receivedAtMs);
}
