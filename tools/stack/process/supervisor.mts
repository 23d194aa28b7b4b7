/**
 * Runs processes on behalf of its owner, and cleans up when the owner exits for any reason.
 *
 * It runs in its own session, so Ctrl-C and signals to the owner's process group do not reach it. It detects the
 * owner's exit by the closed IPC channel, which works even after `kill -9`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ExitNotice, Request, Response, RunSpec } from './supervisor-protocol.js';

const cleanUpGraceMs = 10_000;
const children = new Map<string, ChildProcess>();
const folders = new Set<string>();
const exitCommands = new Map<string, string[]>();

process.on('message', (request: Request) => {
  perform(request).then(
    (result) => {
      send({ id: request.id, ...result });
    },
    (error: unknown) => {
      send({ id: request.id, error: error instanceof Error ? error.message : String(error) });
    },
  );
});
process.on('disconnect', () => void cleanUp());

async function perform(request: Request): Promise<{ pid?: number }> {
  switch (request.kind) {
    case 'run':
      return { pid: await run(request.key, request.spec) };
    case 'end':
      await end(request.key, request.signal, request.graceMs);
      return {};
    case 'removeOnExit':
      folders.add(request.folder);
      return {};
    case 'remove':
      await remove(request.folder);
      folders.delete(request.folder);
      return {};
    case 'runOnExit':
      exitCommands.set(request.key, request.command);
      return {};
    case 'cancelOnExit':
      exitCommands.delete(request.key);
      return {};
  }
}

function run(key: string, { command, args, cwd, env, logFile }: RunSpec): Promise<number> {
  const log = openSync(logFile, 'a');
  // Its own process group, so that its children can be killed with it.
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
      send({ exited: key, code, signal });
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
    // The group is already empty.
  }
}

async function cleanUp(): Promise<void> {
  await Promise.all([...children.keys()].map((key) => end(key, 'SIGTERM', cleanUpGraceMs)));
  for (const [command = '', ...args] of exitCommands.values()) spawnSync(command, args, { stdio: 'ignore' });
  await Promise.all([...folders].map(remove));
  process.exit(0);
}

/** Retries, because a process that is ending may still write to the folder. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function send(message: Response | ExitNotice): void {
  // The owner may have exited.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
