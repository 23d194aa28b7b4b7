/**
 * Runs processes on behalf of its owner, and clears up when the owner is gone, however it went.
 *
 * It has a session of its own, so that Ctrl-C and a kill of the owner's group pass it by, and it learns of the
 * owner's end by the closing of the channel between them, which even `kill -9` cannot prevent.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Answer, Exited, Request, RunSpec } from './keeper-protocol.js';

const graceAtTheEndMs = 10_000;
const children = new Map<string, ChildProcess>();
const folders = new Set<string>();
const undertakings = new Map<string, string[]>();

process.on('message', (request: Request) => {
  perform(request).then(
    (result) => {
      tell({ id: request.id, ...result });
    },
    (error: unknown) => {
      tell({ id: request.id, error: error instanceof Error ? error.message : String(error) });
    },
  );
});
process.on('disconnect', () => void clearUp());

async function perform(request: Request): Promise<{ pid?: number }> {
  switch (request.kind) {
    case 'run':
      return { pid: await run(request.key, request.spec) };
    case 'end':
      await end(request.key, request.signal, request.graceMs);
      return {};
    case 'own':
      folders.add(request.folder);
      return {};
    case 'remove':
      await rm(request.folder, { recursive: true, force: true });
      folders.delete(request.folder);
      return {};
    case 'undertake':
      undertakings.set(request.key, request.command);
      return {};
    case 'release':
      undertakings.delete(request.key);
      return {};
  }
}

function run(key: string, { command, args, cwd, env, logFile }: RunSpec): Promise<number> {
  const log = openSync(logFile, 'a');
  // A group of its own, so that whatever it starts ends with it.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) return;
      children.set(key, child);
      resolve(child.pid);
    });
    child.once('exit', (code, signal) => {
      children.delete(key);
      tell({ exited: key, code, signal });
    });
  });
}

function end(key: string, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const child = children.get(key);
  if (child?.pid === undefined) return Promise.resolve();
  const group = -child.pid;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      signalTo(group, 'SIGKILL');
    }, graceMs);
    child.once('exit', () => {
      clearTimeout(timer);
      signalTo(group, 'SIGKILL');
      resolve();
    });
    signalTo(group, signal);
  });
}

function signalTo(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal);
  } catch {
    // Nobody is left in the group.
  }
}

async function clearUp(): Promise<void> {
  await Promise.all([...children.keys()].map((key) => end(key, 'SIGTERM', graceAtTheEndMs)));
  for (const [command = '', ...args] of undertakings.values()) spawnSync(command, args, { stdio: 'ignore' });
  await Promise.all(
    [...folders].map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })),
  );
  process.exit(0);
}

function tell(message: Answer | Exited): void {
  // The owner may be gone by now.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
