import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root } from '../../tools/start/root';

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
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/dispatch/sink.ts', String(latencyMs)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const port of createInterface({ input: child.stdout })) {
    const url = `http://127.0.0.1:${port}`;
    return {
      url,
      counts: async () => (await (await fetch(url)).json()) as Counts,
      stop: () => void child.kill(),
    };
  }
  throw new Error('The sink did not start.');
}
