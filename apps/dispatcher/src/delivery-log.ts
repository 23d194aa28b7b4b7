import { type ConsumedBatch } from '@app/kafka';
import { type Logger, traceIdOf } from '@app/platform';
import { type PendingDelivery } from './pending-delivery';

/** Maximum number of ids in a line about several events. */
const maxIds = 10;

/** Returns the fields that identify events in a line: their number, and the ids of the first of them. */
export function idsOf(events: readonly PendingDelivery[]): object {
  const traceIds = new Set<string>();
  for (const { record } of events) {
    if (traceIds.size === maxIds) break;
    const traceId = traceIdOf(record.headers, record.span);
    if (traceId !== undefined) traceIds.add(traceId);
  }
  return {
    events: events.length,
    eventIds: events.slice(0, maxIds).map(({ eventId }) => eventId),
    ...(traceIds.size > 0 && { trace_ids: [...traceIds] }),
  };
}

/**
 * Logs one line for a finished batch, and one for each of its events at level debug.
 *
 * @param invalid number of records that are not deliveries
 */
export function logBatch(
  logger: Logger,
  projectId: string,
  { topic, partition }: Pick<ConsumedBatch, 'topic' | 'partition'>,
  {
    deliveries,
    invalid,
    startedMs,
  }: { deliveries: readonly PendingDelivery[]; invalid: number; startedMs: number },
): void {
  if (logger.isLevelEnabled('debug')) for (const event of deliveries) logEvent(logger, event);
  if (!logger.isLevelEnabled('info')) return;
  const oldestAtMs = deliveries.reduce((atMs, { head }) => Math.min(atMs, head.receivedAtMs), Infinity);
  logger.info(
    {
      projectId,
      topic,
      partition,
      ...idsOf(deliveries),
      ...(invalid > 0 && { invalid }),
      outcomes: countBy(deliveries, ({ result }) => result?.outcome ?? 'left'),
      reasons: countBy(deliveries, ({ result }) => result?.reason),
      statuses: countBy(deliveries, ({ result }) => result?.status),
      attempts: deliveries.reduce((sum, { progress }) => sum + progress.attempts, 0),
      durationMs: Math.round(performance.now() - startedMs),
      ...(deliveries.length > 0 && { oldestAgeMs: Math.max(0, Math.round(Date.now() - oldestAtMs)) }),
    },
    'delivery batch finished',
  );
}

function logEvent(
  logger: Logger,
  { projectId, eventId, head, progress, result, record }: PendingDelivery,
): void {
  logger.debug(
    {
      projectId,
      eventId,
      ...(head.sourceEventId !== eventId && { sourceEventId: head.sourceEventId }),
      ...(result ?? { outcome: 'left' }),
      attempts: progress.attempts,
      record: `${record.topic}/${record.partition}/${record.offset}`,
      trace_id: traceIdOf(record.headers, record.span),
    },
    'delivery finished',
  );
}

function countBy(
  events: readonly PendingDelivery[],
  keyOf: (event: PendingDelivery) => string | number | undefined,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const key = keyOf(event);
    if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
