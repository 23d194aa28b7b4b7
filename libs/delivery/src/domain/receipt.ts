import { type UserIdentity } from './delivery';
import { type Reason } from './reasons';

/** The outcome of an event, or of one delivery attempt. */
export type Outcome = 'delivered' | 'duplicate' | 'filtered' | 'retrying' | 'dead_lettered';

/**
 * An entry of an event's history: the value of a record in `statsig.receipts`. Receipts may repeat, with the same event
 * id and attempt.
 */
export interface Receipt {
  eventId: string;
  sourceEventId?: string;
  projectId: string;
  type?: string;
  outcome: Outcome;
  reason?: Reason;
  /** The filter of the integration that left the event out: `products.exclude "com.app.lifetime*"`, `stores.include (has no store)`. */
  rule?: string;
  /** Details for the operator. */
  detail?: string;
  /** Number of the attempt, from 1; 0 if no attempt was made. */
  attempt: number;
  /** HTTP status of Statsig's response. */
  status?: number;
  /** Duration of the request to Statsig, in ms. */
  latencyMs?: number;
  /** Time from receiving the event to this outcome. */
  sinceReceivedMs?: number;
  /** This or an earlier attempt was ambiguous, so Statsig may have the event already. */
  previousAmbiguous?: true;
  /** The integration was suspended when the attempt failed: Statsig rejects every event, not only this one. */
  suspended?: true;
  /** Sent with the server secret for sandbox events: the response says nothing about the integration's other events. */
  sandboxSecret?: true;
  /** As in the delivery: the customer could not be looked up in RevenueCat in time. */
  enrichment?: 'lookup_unavailable';
  /** As in the delivery: what identifies the user in Statsig. */
  identity?: UserIdentity;
  /** When the next attempt is due. */
  nextAttemptAtMs?: number;
  /** Id of the trace (W3C Trace Context) that the event belongs to, whether or not it is written: 32 hexadecimal digits. */
  traceId?: string;
  atMs: number;
}
