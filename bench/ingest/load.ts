import { type Dispatcher, Pool } from 'undici';

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

/** Sends the bodies in rotation for the duration. Rejects if a response is not 200. */
export async function load(
  bodies: readonly Buffer[],
  { url, authorization, connections, durationMs }: LoadOptions,
): Promise<LoadResult> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json', authorization };
  const latencies: number[] = [];
  const beganMs = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let nowMs = beganMs; nowMs - beganMs < durationMs;) {
      const body = bodies[next++ % bodies.length] ?? Buffer.alloc(0);
      const sentMs = nowMs;
      await post(pool, { method: 'POST', path: '/v1/webhooks/revenuecat', headers, body });
      nowMs = performance.now();
      latencies.push(nowMs - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - beganMs) / 1_000;
  await pool.close();
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.floor(latencies.length * q)] ?? NaN;
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

/** Uses a low-level API, because the client shares the cores with the server. */
function post(pool: Pool, request: Dispatcher.DispatchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0;
    pool.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, statusCode) => {
        status = statusCode;
      },
      onResponseData: () => undefined,
      onResponseEnd: () => {
        if (status === 200) resolve();
        else reject(new Error(`The response was ${status}.`));
      },
      onResponseError: (_controller, error) => {
        reject(error);
      },
    });
  });
}
