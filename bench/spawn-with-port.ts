import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root } from '../tools/start/root';

export interface ServerScript {
  url: string;
  pid: number;
  stop: () => void;
}

/** Runs a script that listens on loopback and prints its port. */
export async function spawnWithPort(script: string, ...args: string[]): Promise<ServerScript> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const port of createInterface({ input: child.stdout }))
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => void child.kill() };
  throw new Error(`${script} did not start.`);
}
