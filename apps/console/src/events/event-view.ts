import { type Outcome } from '@app/delivery';
import { type Kind } from '../read-model/kinds';
import { type EventOutcome } from '../read-model/outcome';

/** An event in a list. */
export interface EventSummary {
  project: string;
  eventId: string;
  type: string;
  environment: string;
  outcome: EventOutcome;
  reason: string | null;
  appUserId: string | null;
  productId: string | null;
  priceUsd: number | null;
  receivedAtMs: number;
  eventTimeMs: number | null;
  outcomeAtMs: number | null;
  /** Requests to Statsig that carried it. */
  attempts: number;
  nextAttemptAtMs: number | null;
  /** How often it arrived: RevenueCat repeats, and people send again. */
  arrivals: number;
}

/** One line of an event's history. */
export interface Attempt {
  deliveryId: string;
  outcome: Outcome;
  attempt: number;
  atMs: number;
  reason: string | null;
  detail: string | null;
  status: number | null;
  latencyMs: number | null;
  sinceReceivedMs: number | null;
  nextAttemptAtMs: number | null;
  previousAmbiguous: boolean;
  /** What could not be asked of RevenueCat in time. */
  enrichment: string | null;
}

/** What was made of the event for Statsig. */
export interface DeliveryView {
  deliveryId: string;
  format: string;
  atMs: number;
  /** JSON text. */
  body: string;
}

export interface EventDetail extends EventSummary {
  /** JSON text as received; null where Kafka no longer had the event itself. */
  received: string | null;
  headers: Record<string, string>;
  deliveries: DeliveryView[];
  attemptLog: Attempt[];
  deadLetterIds: number[];
}

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
  arrivals: number;
  reason: string | null;
  outcome_at_ms: number | null;
  attempts: number;
  next_attempt_at_ms: number | null;
}

export function summaryOf(row: EventRow, { type, environment, outcome }: Kind): EventSummary {
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
    arrivals: row.arrivals,
  };
}
