import { type RunSpec } from './supervisor-protocol';
import { type SupervisedProcess, runSupervised } from './supervisor-client';
import { lastLines } from './last-lines';
import { until } from './until';

/** A server did not start; the message ends with the last lines of its log. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
}

export interface ServerProcess {
  /** Process id; another one after a restart. */
  pid: () => number;
  /** Simulates a crash: SIGKILL. */
  kill: () => Promise<void>;
  /** Stops the server if it is running, and starts it again with the same settings and data. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
  /** Suspends the process (SIGSTOP): its connections stay open, but it does not respond. */
  freeze: () => void;
  thaw: () => void;
}

export interface ServerSpec extends RunSpec {
  name: string;
  /** Resolves when the server with this pid responds; rejects if another server does. */
  checkReady: (pid: number) => Promise<void>;
  timeoutMs: number;
}

/** Starts a server and waits until it responds. Throws {@link ServerStartError} and leaves nothing running. */
export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  let current = await boot(spec);
  let isFrozen = false;
  const thaw = (): void => {
    if (isFrozen) process.kill(current.pid, 'SIGCONT');
    isFrozen = false;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    thaw();
    await current.end(signal);
  };
  return {
    pid: () => current.pid,
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      current = await boot(spec);
    },
    stop: () => end('SIGTERM'),
    freeze: () => {
      process.kill(current.pid, 'SIGSTOP');
      isFrozen = true;
    },
    thaw,
  };
}

async function boot({ name, checkReady, timeoutMs, ...run }: ServerSpec): Promise<SupervisedProcess> {
  const server = await runSupervised(run);
  let ended: string | undefined;
  void server.exited.then(({ code, signal }) => {
    ended = signal ?? `exit code ${String(code)}`;
  });
  const checkRunningAndReady = async (): Promise<void> => {
    await checkReady(server.pid);
    if (ended !== undefined) throw new Error('another process is listening on its address');
  };
  try {
    await until(checkRunningAndReady, { timeoutMs, shouldAbort: () => ended !== undefined });
    return server;
  } catch (cause) {
    const what = ended === undefined ? `did not respond within ${timeoutMs / 1000} s` : `exited (${ended})`;
    await server.end('SIGKILL');
    throw new ServerStartError(`${name} ${what}:\n${await lastLines(run.logFile, 8)}`, { cause });
  }
}
