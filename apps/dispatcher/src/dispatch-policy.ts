import { type DispatchPolicy } from '@app/delivery';
import { type DispatcherConfig } from './dispatcher.config';

const breakerBaseMs = 1_000;
const suspensionBaseMs = 5_000;

export function dispatchPolicy(config: DispatcherConfig): DispatchPolicy {
  return {
    requestEvents: { revenuecat: 1, log_event: config.STATSIG_BATCH_EVENTS },
    requestBytes: config.STATSIG_BATCH_BYTES,
    lingerMs: config.STATSIG_LINGER_MS,
    claimCount: {
      revenuecat: 2 * config.STATSIG_MAX_IN_FLIGHT,
      log_event: Math.max(config.STATSIG_BATCH_EVENTS, 2 * config.STATSIG_MAX_IN_FLIGHT),
    },
    claimBytes: 4 * config.STATSIG_BATCH_BYTES,
    // A third of the lease for waiting, a third for the request (validated by the settings), a third in reserve.
    claimMaxAgeMs: config.LEASE_MS / 3,
    leasedRetryMs: 250,
    backoff: { baseMs: config.RETRY_BASE_MS, capMs: config.RETRY_CAP_MS },
    maxRetryAfterMs: config.RETRY_AFTER_CAP_MS,
    maxFailuresAmongSuccesses: config.RETRY_LIMIT,
    onAmbiguous: config.IF_MAYBE_DELIVERED,
    probeEvents: 50,
    probeBytes: 500_000,
    gate: {
      maxInFlight: config.STATSIG_MAX_IN_FLIGHT,
      slowResponseMs: config.STATSIG_SLOW_ANSWER_MS,
      breakerFailures: config.BREAKER_FAILURES,
      maxRejections: config.REJECTION_LIMIT,
      breakerBackoff: {
        baseMs: Math.min(breakerBaseMs, config.BREAKER_CAP_MS),
        capMs: config.BREAKER_CAP_MS,
      },
      suspensionBackoff: {
        baseMs: Math.min(suspensionBaseMs, config.SUSPENSION_CAP_MS),
        capMs: config.SUSPENSION_CAP_MS,
      },
      maxRetryAfterMs: config.RETRY_AFTER_CAP_MS,
    },
  };
}
