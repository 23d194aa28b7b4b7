import { type EventSummary } from '../../api/events';
import { type EventKind } from '../read-model/event-kinds';

export interface EventRow {
  seq: number;
  project: string;
  event_id: string;
  kind: number;
  at_ms: number;
  event_time_ms: number | null;
  app_user_id: string | null;
  product_id: string | null;
  price: number | null;
  times_received: number;
  content_differs: number;
  reason: string | null;
  outcome_at_ms: number | null;
  attempts: number;
  next_attempt_at_ms: number | null;
}

export function summaryOf(row: EventRow, { type, environment, outcome }: EventKind): EventSummary {
  return {
    project: row.project,
    eventId: row.event_id,
    type,
    environment,
    outcome,
    reason: row.reason,
    appUserId: row.app_user_id,
    productId: row.product_id,
    priceUsd: row.price,
    receivedAtMs: row.at_ms,
    eventTimeMs: row.event_time_ms,
    outcomeAtMs: row.outcome_at_ms,
    attempts: row.attempts,
    nextAttemptAtMs: row.next_attempt_at_ms,
    timesReceived: row.times_received,
    contentDiffers: row.content_differs === 1,
  };
}
