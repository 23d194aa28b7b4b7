import { Histogram } from 'prom-client';

export const requestSeconds = new Histogram({
  name: 'rcstatsig_revenuecat_request_duration_seconds',
  help: "Duration of requests to RevenueCat's API, of the mapper (lookups) and the console (webhooks), by outcome: ok, not_found, unauthorized, rate_limited, failed (any other status), timeout, unreachable",
  labelNames: ['outcome'],
  buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

type RequestOutcome =
  'ok' | 'not_found' | 'unauthorized' | 'rate_limited' | 'failed' | 'timeout' | 'unreachable';

/** @param status HTTP status of the response */
export function outcomeOf(status: number): RequestOutcome {
  switch (status) {
    case 200:
    case 201:
      return 'ok';
    case 404:
      return 'not_found';
    case 401:
    case 403:
      return 'unauthorized';
    case 429:
      return 'rate_limited';
    default:
      return 'failed';
  }
}
