import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Answer, type Exited, type Request, type RunSpec } from './keeper-protocol';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface KeptProcess {
  pid: number;
  /** Resolves when it is gone, whoever ended it. */
  exited: Promise<Exit>;
  /** Resolves when it is gone: by the signal, or by SIGKILL after the time of grace. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
}

type Unnumbered<R> = R extends Request ? Omit<R, 'id'> : never;

interface Asked {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

let keeper: ReturnType<typeof startKeeper> | undefined;
let requests = 0;
const held = new Set<string>();
const exits = new Map<string, (exit: Exit) => void>();

/** Runs a process that ends no later than this one, even when this one is killed. */
export async function runKept(spec: RunSpec): Promise<KeptProcess> {
  const key = hold(randomUUID());
  const exited = new Promise<Exit>((resolve) => exits.set(key, resolve)).finally(() => {
    letGo(key);
  });
  try {
    const { pid = 0 } = await ask({ kind: 'run', key, spec: { ...spec, env: spec.env ?? process.env } });
    return {
      pid,
      exited,
      end: async (signal, graceMs = 15_000) => {
        if (exits.has(key)) await ask({ kind: 'end', key, signal, graceMs });
      },
    };
  } catch (error) {
    exits.get(key)?.({ code: null, signal: null });
    exits.delete(key);
    throw error;
  }
}

/** A folder that is removed on demand, or else when this process is gone and everything it ran has ended. */
export async function ownFolder(folder: string): Promise<{ remove: () => Promise<void> }> {
  const key = hold(folder);
  await ask({ kind: 'own', folder });
  return {
    remove: async () => {
      if (!held.has(key)) return;
      await ask({ kind: 'remove', folder });
      letGo(key);
    },
  };
}

/** A command that is run if this process goes away without releasing it. */
export async function undertake(command: string[]): Promise<{ release: () => Promise<void> }> {
  const key = hold(randomUUID());
  await ask({ kind: 'undertake', key, command });
  return {
    release: async () => {
      if (!held.has(key)) return;
      await ask({ kind: 'release', key });
      letGo(key);
    },
  };
}

function hold(key: string): string {
  held.add(key);
  return key;
}

/** The keeper goes when there is nothing left to keep. */
function letGo(key: string): void {
  held.delete(key);
  if (held.size > 0) return;
  keeper?.dismiss();
  keeper = undefined;
}

async function ask(request: Unnumbered<Request>): Promise<Answer> {
  // The keeper must not go before it has answered, even when what it is asked ends the last of what it keeps.
  const key = hold(randomUUID());
  try {
    keeper ??= startKeeper();
    return await keeper.ask({ ...request, id: ++requests });
  } finally {
    letGo(key);
  }
}

function startKeeper() {
  const asked = new Map<number, Asked>();
  const child = fork(path.join(__dirname, 'keeper.mts'), {
    // Not the loaders that this process runs under: Node itself reads the keeper.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message: Answer | Exited) => {
    if ('exited' in message) {
      exits.get(message.exited)?.(message);
      exits.delete(message.exited);
      return;
    }
    if (message.error === undefined) asked.get(message.id)?.resolve(message);
    else asked.get(message.id)?.reject(new Error(message.error));
    asked.delete(message.id);
    // What it keeps must not hold this process up, only what it is asked.
    if (asked.size === 0) [child, child.channel].forEach((handle) => handle?.unref());
  });
  child.once('exit', () => {
    for (const { reject } of asked.values()) reject(new Error('The keeper of local processes went away.'));
  });
  return {
    ask: (request: Request): Promise<Answer> =>
      new Promise((resolve, reject) => {
        asked.set(request.id, { resolve, reject });
        [child, child.channel].forEach((handle) => handle?.ref());
        child.send(request);
      }),
    dismiss: (): void => {
      child.disconnect();
    },
  };
}
