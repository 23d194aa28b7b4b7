import { type DispatchPolicy } from '@app/delivery';
import { type DispatcherConfig } from './dispatcher.config';

const breakerBaseMs = 1_000;
const suspensionBaseMs = 5_000;

export function dispatchPolicy(config: DispatcherConfig): DispatchPolicy {
  return {
    requestEvents: { revenuecat: 1, log_event: config.STATSIG_BATCH_EVENTS },
    requestBytes: config.STATSIG_BATCH_BYTES,
    lingerMs: config.STATSIG_LINGER,
    claimCount: {
      revenuecat: 2 * config.STATSIG_MAX_IN_FLIGHT,
      log_event: Math.max(config.STATSIG_BATCH_EVENTS, 2 * config.STATSIG_MAX_IN_FLIGHT),
    },
    claimBytes: 4 * config.STATSIG_BATCH_BYTES,
    // A third of the lease for waiting, a third for the request (validated by the settings), a third in reserve.
    claimMaxAgeMs: config.DISPATCHER_LEASE / 3,
    leasedRetryMs: 250,
    backoff: { baseMs: config.DISPATCHER_RETRY_BASE_DELAY, capMs: config.DISPATCHER_RETRY_MAX_DELAY },
    maxRetryAfterMs: config.DISPATCHER_MAX_RETRY_AFTER,
    maxFailuresAmongSuccesses: config.DISPATCHER_RETRY_LIMIT,
    onAmbiguous: config.DISPATCHER_ON_AMBIGUOUS,
    probeEvents: 50,
    probeBytes: 500_000,
    gate: {
      maxInFlight: config.STATSIG_MAX_IN_FLIGHT,
      slowResponseMs: config.STATSIG_SLOW_RESPONSE,
      breakerFailures: config.DISPATCHER_BREAKER_FAILURES,
      maxRejections: config.DISPATCHER_REJECTION_LIMIT,
      breakerBackoff: {
        baseMs: Math.min(breakerBaseMs, config.DISPATCHER_BREAKER_MAX_INTERVAL),
        capMs: config.DISPATCHER_BREAKER_MAX_INTERVAL,
      },
      suspensionBackoff: {
        baseMs: Math.min(suspensionBaseMs, config.DISPATCHER_SUSPENSION_MAX_INTERVAL),
        capMs: config.DISPATCHER_SUSPENSION_MAX_INTERVAL,
      },
      maxRetryAfterMs: config.DISPATCHER_MAX_RETRY_AFTER,
    },
  };
}
