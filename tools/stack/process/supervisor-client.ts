import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type ExitNotice, type Request, type Response, type RunSpec } from './supervisor-protocol';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SupervisedProcess {
  pid: number;
  /** Resolves when the process has exited for any reason. */
  exited: Promise<Exit>;
  /** Sends the signal, then SIGKILL after the grace period. Resolves when the process has exited. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
}

type WithoutId<R> = R extends Request ? Omit<R, 'id'> : never;

interface PendingRequest {
  resolve: (response: Response) => void;
  reject: (error: Error) => void;
}

let supervisor: ReturnType<typeof startSupervisor> | undefined;
let lastRequestId = 0;
const inUse = new Set<string>();
const exits = new Map<string, (exit: Exit) => void>();

/** Runs a process that is ended when this one exits, even if this one is killed. */
export async function runSupervised(spec: RunSpec): Promise<SupervisedProcess> {
  const key = acquire(randomUUID());
  const exited = new Promise<Exit>((resolve) => exits.set(key, resolve)).finally(() => {
    release(key);
  });
  try {
    const { pid = 0 } = await send({ kind: 'run', key, spec: { ...spec, env: spec.env ?? process.env } });
    return {
      pid,
      exited,
      end: async (signal, graceMs = 15_000) => {
        if (exits.has(key)) await send({ kind: 'end', key, signal, graceMs });
      },
    };
  } catch (error) {
    exits.get(key)?.({ code: null, signal: null });
    exits.delete(key);
    throw error;
  }
}

/** Removes a file or folder on demand, or after this process and everything it ran have exited. */
export async function removeOnExit(folder: string): Promise<{ remove: () => Promise<void> }> {
  const key = acquire(folder);
  await send({ kind: 'removeOnExit', folder });
  return {
    remove: async () => {
      if (!inUse.has(key)) return;
      await send({ kind: 'remove', folder });
      release(key);
    },
  };
}

/** Runs a command when this process exits, unless it is cancelled before. */
export async function runOnExit(command: string[]): Promise<{ cancel: () => Promise<void> }> {
  const key = acquire(randomUUID());
  await send({ kind: 'runOnExit', key, command });
  return {
    cancel: async () => {
      if (!inUse.has(key)) return;
      await send({ kind: 'cancelOnExit', key });
      release(key);
    },
  };
}

function acquire(key: string): string {
  inUse.add(key);
  return key;
}

/** Dismisses the supervisor when nothing uses it. */
function release(key: string): void {
  inUse.delete(key);
  if (inUse.size > 0) return;
  supervisor?.dismiss();
  supervisor = undefined;
}

async function send(request: WithoutId<Request>): Promise<Response> {
  // Keeps the supervisor until it has responded, even if this request ends its last process.
  const key = acquire(randomUUID());
  try {
    supervisor ??= startSupervisor();
    return await supervisor.send({ ...request, id: ++lastRequestId });
  } finally {
    release(key);
  }
}

function startSupervisor() {
  const pending = new Map<number, PendingRequest>();
  const child = fork(path.join(__dirname, 'supervisor.mts'), {
    // Without the loaders of this process: Node runs the supervisor as it is.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message: Response | ExitNotice) => {
    if ('exited' in message) {
      exits.get(message.exited)?.(message);
      exits.delete(message.exited);
      return;
    }
    if (message.error === undefined) pending.get(message.id)?.resolve(message);
    else pending.get(message.id)?.reject(new Error(message.error));
    pending.delete(message.id);
    // Only a pending request may keep this process alive, not the supervised processes.
    if (pending.size === 0) [child, child.channel].forEach((handle) => handle?.unref());
  });
  child.once('exit', () => {
    for (const { reject } of pending.values()) reject(new Error('The supervisor of local processes exited.'));
  });
  return {
    send: (request: Request): Promise<Response> =>
      new Promise((resolve, reject) => {
        pending.set(request.id, { resolve, reject });
        [child, child.channel].forEach((handle) => handle?.ref());
        child.send(request);
      }),
    dismiss: (): void => {
      child.disconnect();
    },
  };
}
