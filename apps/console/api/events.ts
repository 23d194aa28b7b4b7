import { type Outcome, type ReasonExplanation, type UserIdentity } from '@app/delivery';
import { z } from 'zod';
import { epochMs, milliseconds } from './time-fields';

/** The outcome of an event as a whole. */
export const eventOutcomes = ['waiting', 'delivered', 'filtered', 'retrying', 'dead_lettered'] as const;

/** The meaning of a reason code; null for a code of another version. */
export const reasonExplanation = z
  .object({
    meaning: z.string(),
    remedy: z.string().meta({ description: 'What an operator should do' }),
  })
  .meta({ id: 'ReasonExplanation' })
  .nullable()
  .meta({
    description: 'Null if there is no reason, or if this version does not know it',
  }) satisfies z.ZodType<ReasonExplanation | null>;

export const filterRule = z.string().nullable().meta({
  description:
    'The filter that filtered the event out, as in `products.exclude "com.app.lifetime*"` or `stores.include (has no store)`; null if another setting filtered it out, or none',
});

export const userIdentity = z.enum([
  'attribute',
  'app_user_id',
  'original_app_user_id',
  'best_known',
  'custom_id',
]) satisfies z.ZodType<UserIdentity>;

export const identifiedBy = userIdentity.nullable().meta({
  description:
    'What identifies the user in Statsig: an attribute, an id of RevenueCat, the best of all known ids, or custom ids only. Null if nothing was mapped, or if the id that it came with is sent',
});

const eventSummary = z
  .object({
    project: z.string(),
    eventId: z.string(),
    type: z.string().meta({ description: 'Empty if only a receipt of the event has been read' }),
    environment: z.string(),
    outcome: z.enum(eventOutcomes),
    reason: z.string().nullable(),
    appUserId: z.string().nullable(),
    productId: z.string().nullable(),
    priceUsd: z.number().nullable(),
    receivedAtMs: epochMs,
    eventTimeMs: epochMs.nullable(),
    outcomeAtMs: epochMs.nullable(),
    attempts: z.int().meta({ description: 'Number of requests to Statsig that contained it' }),
    nextAttemptAtMs: epochMs.nullable(),
    timesReceived: z
      .int()
      .meta({ description: 'Number of times it was received: RevenueCat retries, and operators resend' }),
    contentDiffers: z.boolean().meta({
      description:
        'True if it arrived with different contents under the same id; only the first is delivered',
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
    attempt: z.int().meta({ description: '0 if nothing was sent' }),
    atMs: epochMs,
    reason: z.string().nullable(),
    rule: filterRule,
    detail: z.string().nullable(),
    explanation: reasonExplanation,
    status: z.int().nullable().meta({ description: 'HTTP status of the response; null if there was none' }),
    latencyMs: milliseconds.nullable(),
    sinceReceivedMs: milliseconds.nullable(),
    nextAttemptAtMs: epochMs.nullable(),
    previousAmbiguous: z.boolean().meta({
      description: 'True if the response to the previous attempt was lost: Statsig may have the event twice',
    }),
    enrichment: z
      .string()
      .nullable()
      .meta({ description: 'Why enrichment is incomplete; null if it is complete' }),
    identity: identifiedBy,
  })
  .meta({ id: 'Attempt', description: 'One entry in the history of an event' });

const deliveryView = z
  .object({
    deliveryId: z.string(),
    format: z.string(),
    atMs: epochMs,
    identity: identifiedBy,
    body: z.string().meta({ description: 'JSON text' }),
  })
  .meta({ id: 'Delivery', description: 'The event as mapped for Statsig' });

export const eventDetail = eventSummary
  .extend({
    received: z
      .string()
      .nullable()
      .meta({ description: 'JSON text as received; null if Kafka no longer had the event' }),
    headers: z.record(z.string(), z.string()),
    traceId: z.string().nullable().meta({
      description: 'Id of the trace that it belongs to (W3C Trace Context); null if there is none',
    }),
    traceUrl: z.string().nullable().meta({ description: 'Page of the trace, if CONSOLE_TRACE_URL is set' }),
    deliveries: z.array(deliveryView),
    attemptLog: z.array(attempt).meta({ description: 'The attempts, oldest first' }),
    deadLetterIds: z.array(z.int()).meta({ description: 'Ids of open dead letters, newest first' }),
  })
  .meta({ id: 'Event', description: 'An event with its deliveries, attempts and dead letters' });

export const eventPage = z
  .object({
    events: z.array(eventSummary),
    next: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page; null if this is the last page' }),
  })
  .meta({ id: 'EventPage' });

export const exampleEvents = z.array(eventSummary);

export const eventFacets = z
  .object({ projects: z.array(z.string()), types: z.array(z.string()), environments: z.array(z.string()) })
  .meta({ id: 'EventFacets', description: 'The values that events can be filtered by' });

export const liveEvents = z.object({
  events: z.array(eventSummary),
  left: z.int().meta({ description: 'Number of further events that changed and are not included' }),
});

export const exportedEvent = eventDetail.extend({
  received: z.unknown().meta({ description: 'The event as received; null if Kafka no longer had it' }),
});

export const resendResult = z
  .object({ atMs: epochMs })
  .meta({ id: 'ResendResult', description: 'When the event was produced again' });

export type EventOutcome = (typeof eventOutcomes)[number];
export type EventSummary = z.output<typeof eventSummary>;
export type Attempt = z.output<typeof attempt>;
export type DeliveryView = z.output<typeof deliveryView>;
export type EventDetail = z.output<typeof eventDetail>;
export type EventPage = z.output<typeof eventPage>;
export type EventFacets = z.output<typeof eventFacets>;
export type LiveEvents = z.output<typeof liveEvents>;
export type ResendResult = z.output<typeof resendResult>;
