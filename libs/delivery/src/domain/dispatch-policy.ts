import { type BackoffOptions } from './backoff';
import { type DeliveryFormat } from './delivery';
import { type GateOptions } from './send-gate';

export interface DispatchPolicy {
  /** Maximum number of events in one request: 1 if Statsig accepts one. */
  requestEvents: Readonly<Record<DeliveryFormat, number>>;
  requestBytes: number;
  /** How long a request that is not full waits for more events, in ms. */
  lingerMs: number;
  /** Events claimed together, ahead of their requests. If the process is killed, they wait for their leases to expire. */
  claimCount: Readonly<Record<DeliveryFormat, number>>;
  claimBytes: number;
  /** Maximum age of a claim that is used, in ms; well below the lease. */
  claimMaxAgeMs: number;
  /** Wait before an event that another process has leased is claimed again, in ms. */
  heldRetryMs: number;
  backoff: BackoffOptions;
  maxRetryAfterMs: number;
  /** Failures of one event, while others are accepted, after which the event is the cause. */
  maxFailuresAmongSuccesses: number;
  /** If Statsig may have an event already: send it again, or set it aside for an operator to decide. */
  onAmbiguous: 'retry' | 'dead_letter';
  /** Events, of as many order keys, that are held for probes while Statsig does not accept requests. */
  probeEvents: number;
  /** Limit of these events, but for the first one, in bytes. */
  probeBytes: number;
  gate: GateOptions;
}
