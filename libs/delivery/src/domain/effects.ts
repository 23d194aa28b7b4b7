import { type Reason } from './reasons';
import { type Suspension } from './send-gate';
import { type Verdict } from './verdict';

/** One request to Statsig. */
export interface DeliveryRequest<E> {
  events: readonly E[];
  /** Its events are sent with the server secret for sandbox events. Decided once, for the secret and for the response. */
  isIndependent: boolean;
  sentAtMs: number;
  /** When the response was received or the request failed. */
  respondedAtMs?: number;
  /** HTTP status of the response. */
  status?: number;
  /** The remaining parts of a divided request, which are sent after this one. */
  then: readonly (readonly E[])[];
}

/** An action to perform, and the method of the core that reports its result. */
export type Effect<E> =
  /** Claim in the ledger → `claimResults` or `claimFailed`. */
  | { kind: 'claim'; events: readonly E[] }
  /** Post to Statsig → `responded`. */
  | { kind: 'send'; request: DeliveryRequest<E> }
  /** Mark as delivered in the ledger, write receipts, then ack → `finish` once marked. */
  | { kind: 'mark_delivered'; events: readonly E[]; request: DeliveryRequest<E> }
  /** The event is delivered, or maybe delivered and a dead letter: write a receipt, then ack. */
  | { kind: 'duplicate'; event: E; isCertain: boolean }
  /** Release the leases. */
  | { kind: 'release'; events: readonly E[] }
  /** Report that another attempt will follow. */
  | {
      kind: 'retrying';
      events: readonly E[];
      request: DeliveryRequest<E>;
      verdict: RetryVerdict | SuspendVerdict;
      nextAttemptAtMs: number;
    }
  /** Write a dead letter, release the lease or mark as maybe delivered, write a receipt, then ack → `finish`. */
  | {
      kind: 'dead_letter';
      event: E;
      request?: DeliveryRequest<E>;
      reason: Reason;
      detail: string;
      /** Statsig may have the event: do not send it again unless an operator redrives it. */
      isAmbiguous: boolean;
    }
  /** Leave the events in Kafka, to be read again by this process or another. */
  | { kind: 'leave'; events: readonly E[] }
  /** Statsig rejects the integration. */
  | { kind: 'suspended'; suspension: Suspension };

export type RetryVerdict = Extract<Verdict, { kind: 'retry' }>;
export type SuspendVerdict = Extract<Verdict, { kind: 'suspend' }>;
export type RejectVerdict = Extract<Verdict, { kind: 'reject' }>;
