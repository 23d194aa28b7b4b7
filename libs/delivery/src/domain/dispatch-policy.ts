import { type BackoffOptions } from './backoff';
import { type DeliveryFormat } from './delivery';
import { type GateOptions } from './send-gate';

export interface DispatchPolicy {
  /** Maximum number of events in one request; 1 if the format has no batches. */
  requestEvents: Readonly<Record<DeliveryFormat, number>>;
  requestBytes: number;
  /** Time that a request which is not full waits for more events, in ms. */
  lingerMs: number;
  /**
   * Number of events claimed together, ahead of their requests. If the process is killed, they wait until their leases
   * expire.
   */
  claimCount: Readonly<Record<DeliveryFormat, number>>;
  claimBytes: number;
  /** Maximum age of a claim when its event is sent, in ms; well below the lease. */
  claimMaxAgeMs: number;
  /** Delay before an event that another process has leased is claimed again, in ms. */
  leasedRetryMs: number;
  backoff: BackoffOptions;
  maxRetryAfterMs: number;
  /** Number of failures of an event, while others are accepted, after which the event counts as the cause. */
  maxFailuresAmongSuccesses: number;
  /** If Statsig may have an event already: send it again, or make it a dead letter for an operator to decide on. */
  onAmbiguous: 'retry' | 'dead_letter';
  /** Maximum number of events, of different order keys, held for probes while Statsig does not accept requests. */
  probeEvents: number;
  /** Maximum size of these events together, in bytes; the first one may be larger. */
  probeBytes: number;
  gate: GateOptions;
}
