import autocannon from 'autocannon';

export interface LoadOptions {
  /** Origin of the server. */
  url: string;
  authorization: string;
  /** Number of connections, each with one request at a time. */
  connections: number;
  durationMs: number;
}

export interface LoadResult {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Each connection sends the bodies in rotation for the duration. Rejects if a response is not 200, or absent. */
export async function load(
  bodies: readonly Buffer[],
  { url, authorization, connections, durationMs }: LoadOptions,
): Promise<LoadResult> {
  const result = await autocannon({
    url: `${url}/v1/webhooks/revenuecat`,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    requests: bodies.map((body) => ({ body })),
    connections,
    duration: durationMs / 1_000,
    // ingest closes a connection after 1,000 requests, which autocannon would not notice.
    reconnectRate: 500,
  });
  const { non2xx, errors, requests, duration, latency } = result;
  if (non2xx + errors > 0) throw new Error(`${non2xx} responses were not 200; ${errors} requests failed.`);
  return {
    requests: requests.total,
    requestsPerSecond: requests.total / duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
  };
}
