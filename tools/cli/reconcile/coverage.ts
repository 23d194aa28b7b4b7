const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** RevenueCat retries a webhook for up to 155 minutes (https://www.revenuecat.com/docs/integrations/webhooks). */
const webhookDelayMs = 3 * hourMs;
/** An App Store renewal is reported up to this time before it starts (`purchased_at_ms` after `event_timestamp_ms`). */
const earlyReportMs = dayMs;

/** What a deliveries topic retains. */
export interface RetainedDeliveries {
  /** Whether records were deleted from the topic. */
  hasDeletions: boolean;
  /** Whether Kafka also deletes by size (`retention.bytes`), which may delete newer records in one partition than in another. */
  deletesBySize: boolean;
  /** Maximum age of a segment of the topic. */
  segmentMs: number;
  /** When the first of the deliveries was received by the pipeline; undefined if there are none. */
  firstReceivedAtMs: number | undefined;
  /** When the oldest of the records was written. */
  firstWrittenAtMs: number | undefined;
}

/** The time in which what was delivered is known. */
export interface Coverage {
  /** Undefined if nothing is known. */
  fromMs: number | undefined;
  /** If the operator extends the time: before this, nothing but the operator's word is known. */
  knownFromMs?: number;
  /** Webhooks of later transactions may still arrive. */
  toMs: number;
}

/**
 * Kafka deletes segments when their newest record has expired. The segment with the oldest record still exists, so all
 * records are retained, in every partition, that are newer than this segment can be. This holds even if the retention was
 * raised recently. If nothing was deleted, everything is retained since the pipeline received its first event.
 */
export function coverageOf(retained: RetainedDeliveries, nowMs: number): Coverage {
  const { hasDeletions, deletesBySize, segmentMs, firstReceivedAtMs, firstWrittenAtMs } = retained;
  const toMs = nowMs - webhookDelayMs;
  if (!hasDeletions) return { fromMs: firstReceivedAtMs, toMs };
  if (deletesBySize || firstWrittenAtMs === undefined) return { fromMs: undefined, toMs };
  return { fromMs: firstWrittenAtMs + segmentMs + earlyReportMs, toMs };
}

/** @param fromMs from when the operator knows that nothing but what Kafka shows was delivered */
export function extendCoverage(coverage: Coverage, fromMs: number): Coverage {
  const knownFromMs = coverage.fromMs ?? Infinity;
  return { ...coverage, fromMs: Math.min(fromMs, knownFromMs), knownFromMs };
}

export function isCovered({ fromMs, toMs }: Coverage, atMs: number): boolean {
  return fromMs !== undefined && atMs >= fromMs && atMs < toMs;
}
