import { spawnWithPort } from '../spawn-with-port';

/** Event id, and its time on the monotonic clock in milliseconds. */
export type Arrival = [id: string, arrivedMs: number];

export interface Receiver {
  url: string;
  pid: number;
  /** Distinct events since the start, and how many more arrived that were not new. */
  count: () => Promise<{ events: number; repeats: number }>;
  /** The events since the last call. */
  arrivals: () => Promise<Arrival[]>;
  stop: () => void;
}

/** Starts a Statsig that records when each event arrives, in a separate process. */
export async function startReceiver(): Promise<Receiver> {
  const { url, pid, stop } = await spawnWithPort('bench/pipeline/receiver.ts');
  const get = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
  return {
    url,
    pid,
    count: async () => (await get('/count')) as { events: number; repeats: number },
    arrivals: async () => (await get('/arrivals')) as Arrival[],
    stop,
  };
}
