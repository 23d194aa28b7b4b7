import { Pool } from 'undici';
import { post } from '../post';
import { quantile } from '../quantile';

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
      const status = await post(pool, { path: '/v1/webhooks/revenuecat', headers, body });
      if (status !== 200) throw new Error(`The response was ${status}.`);
      nowMs = performance.now();
      latencies.push(nowMs - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - beganMs) / 1_000;
  await pool.close();
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}
