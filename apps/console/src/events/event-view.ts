import { type Outcome } from '@app/delivery';
import { z } from 'zod';
import { epochMs, milliseconds } from '../http/time-fields';
import { type Kind } from '../read-model/kinds';
import { eventOutcomes } from '../read-model/outcome';
import { reasonExplanation } from './reason-explanation';

export const eventSummary = z
  .object({
    project: z.string(),
    eventId: z.string(),
    type: z.string().meta({ description: 'Empty: only a receipt of the event is known' }),
    environment: z.string(),
    outcome: z.enum(eventOutcomes),
    reason: z.string().nullable(),
    appUserId: z.string().nullable(),
    productId: z.string().nullable(),
    priceUsd: z.number().nullable(),
    receivedAtMs: epochMs,
    eventTimeMs: epochMs.nullable(),
    outcomeAtMs: epochMs.nullable(),
    attempts: z.int().meta({ description: 'Requests to Statsig that carried it' }),
    nextAttemptAtMs: epochMs.nullable(),
    arrivals: z
      .int()
      .meta({ description: 'How often it arrived: RevenueCat repeats, and people send again' }),
    contentDiffers: z.boolean().meta({
      description: 'It arrived with different contents under one id; only the first of them is delivered',
    }),
  })
  .meta({ id: 'EventSummary' });

const attempt = z
  .object({
    deliveryId: z.string(),
    outcome: z.enum([
      'delivered',
      'duplicate',
      'filtered',
      'retrying',
      'dead_lettered',
    ]) satisfies z.ZodType<Outcome>,
    attempt: z.int().meta({ description: '0: nothing was sent' }),
    atMs: epochMs,
    reason: z.string().nullable(),
    detail: z.string().nullable(),
    explanation: reasonExplanation,
    status: z.int().nullable().meta({ description: 'HTTP status of Statsig’s answer; null: there was none' }),
    latencyMs: milliseconds.nullable(),
    sinceReceivedMs: milliseconds.nullable(),
    nextAttemptAtMs: epochMs.nullable(),
    previousAmbiguous: z
      .boolean()
      .meta({ description: 'The answer to the attempt before was lost: Statsig may have the event twice' }),
    enrichment: z.string().nullable().meta({ description: 'What could not be asked of RevenueCat in time' }),
  })
  .meta({ id: 'Attempt', description: 'One line of an event’s history' });

const deliveryView = z
  .object({
    deliveryId: z.string(),
    format: z.string(),
    atMs: epochMs,
    body: z.string().meta({ description: 'JSON text' }),
  })
  .meta({ id: 'Delivery', description: 'What was made of the event for Statsig' });

export const eventDetail = eventSummary
  .extend({
    received: z
      .string()
      .nullable()
      .meta({ description: 'JSON text as received; null: Kafka no longer had the event itself' }),
    headers: z.record(z.string(), z.string()),
    deliveries: z.array(deliveryView),
    attemptLog: z.array(attempt).meta({ description: 'Oldest first' }),
    deadLetterIds: z.array(z.int()).meta({ description: 'Of those that are open, newest first' }),
  })
  .meta({ id: 'Event', description: 'All that is known of one event' });

export const eventPage = z
  .object({
    events: z.array(eventSummary),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null: there is none' }),
  })
  .meta({ id: 'EventPage' });

export const liveEvents = z.object({
  events: z.array(eventSummary),
  left: z.int().meta({ description: 'How many more changed than are told here' }),
});

export const exportedEvent = eventDetail.extend({
  received: z.unknown().meta({ description: 'The event as received; null: Kafka no longer had it' }),
});

export const sentAgain = z
  .object({ atMs: epochMs })
  .meta({ id: 'SentAgain', description: 'When the event was produced again' });

export type EventSummary = z.output<typeof eventSummary>;
export type Attempt = z.output<typeof attempt>;
export type DeliveryView = z.output<typeof deliveryView>;
export type EventDetail = z.output<typeof eventDetail>;
export type EventPage = z.output<typeof eventPage>;
export type LiveEvents = z.output<typeof liveEvents>;
export type ExportedEvent = z.output<typeof exportedEvent>;
export type SentAgain = z.output<typeof sentAgain>;

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
  content_differs: number;
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
    contentDiffers: row.content_differs === 1,
  };
}
