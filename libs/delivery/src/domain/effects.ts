import { type Reason } from './reasons';
import { type Suspension } from './send-gate';
import { type Verdict } from './verdict';

/** One request to Statsig. */
export interface DeliveryRequest<E> {
  events: readonly E[];
  sentAtMs: number;
  /** When the response came, or the request was given up. */
  respondedAtMs?: number;
  /** HTTP status of the response. */
  status?: number;
  /** The other parts of a request that was divided: they are sent only after this one. */
  then: readonly (readonly E[])[];
}

/** What has to be done, and which method of the core reports that it was. */
export type Effect<E> =
  /** Claim in the ledger → `claimed` or `claimFailed`. */
  | { kind: 'claim'; events: readonly E[] }
  /** Post to Statsig → `responded`. */
  | { kind: 'send'; request: DeliveryRequest<E> }
  /** Mark as delivered in the ledger, then receipts, then offsets → `finish` once marked. */
  | { kind: 'mark_delivered'; events: readonly E[]; request: DeliveryRequest<E> }
  /** Delivered before, or set aside because it may have been: a receipt, then the offset. */
  | { kind: 'duplicate'; event: E; isCertain: boolean }
  /** Give the lease back. */
  | { kind: 'release'; events: readonly E[] }
  /** Report that another attempt will follow. */
  | {
      kind: 'retrying';
      events: readonly E[];
      request: DeliveryRequest<E>;
      verdict: RetryVerdict | SuspendVerdict;
      nextAttemptAtMs: number;
    }
  /** Write a dead letter, give the lease back or mark as maybe delivered, then a receipt, then the offset → `finish`. */
  | {
      kind: 'dead_letter';
      event: E;
      request?: DeliveryRequest<E>;
      reason: Reason;
      detail: string;
      /** Statsig may have it: it must not be sent again unless an operator decides so. */
      isAmbiguous: boolean;
    }
  /** Not handled now: the event stays in Kafka, to be read again by this process or another. */
  | { kind: 'leave'; events: readonly E[] }
  /** Statsig refuses the integration. */
  | { kind: 'suspended'; suspension: Suspension };

export type RetryVerdict = Extract<Verdict, { kind: 'retry' }>;
export type SuspendVerdict = Extract<Verdict, { kind: 'suspend' }>;
export type RejectVerdict = Extract<Verdict, { kind: 'reject' }>;
