import { spawnWithPort } from '../spawn-with-port';

export interface Counts {
  requests: number;
  events: number;
  firstMs: number;
  lastMs: number;
}

export interface Sink {
  url: string;
  counts: () => Promise<Counts>;
  stop: () => void;
}

/** Starts a minimal Statsig in a separate process. */
export async function startSink(latencyMs: number): Promise<Sink> {
  const { url, stop } = await spawnWithPort('bench/dispatch/sink.ts', String(latencyMs));
  return { url, stop, counts: async () => (await (await fetch(url)).json()) as Counts };
}
