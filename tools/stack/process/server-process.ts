import { type RunSpec } from './keeper-protocol';
import { type KeptProcess, runKept } from './keeper';
import { lastLines } from './last-lines';
import { until } from './until';

/** A server did not come up; the message holds the end of its log. */
export class ServerDidNotStart extends Error {
  override readonly name = 'ServerDidNotStart';
}

export interface ServerProcess {
  /** As a crash would: SIGKILL. */
  kill: () => Promise<void>;
  /** Ends it if it runs, and brings it up again with the same settings and data. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
  /** Stops it from running (SIGSTOP): its connections stay open, and it does not respond. */
  freeze: () => void;
  thaw: () => void;
}

export interface ServerSpec extends RunSpec {
  name: string;
  /** Resolves when the server answers, and it is this very server that does. */
  answers: (pid: number) => Promise<void>;
  timeoutMs: number;
}

/** Runs a server and waits until it answers. Throws {@link ServerDidNotStart}, with nothing left running. */
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

async function boot({ name, answers, timeoutMs, ...run }: ServerSpec): Promise<KeptProcess> {
  const server = await runKept(run);
  let ended: string | undefined;
  void server.exited.then(({ code, signal }) => {
    ended = signal ?? `exit code ${String(code)}`;
  });
  const refuseTheDead = async (): Promise<void> => {
    await answers(server.pid);
    if (ended !== undefined) throw new Error('something else answers at its address');
  };
  try {
    await until(refuseTheDead, { timeoutMs, inVain: () => ended !== undefined });
    return server;
  } catch (cause) {
    const what = ended === undefined ? `does not answer after ${timeoutMs / 1000} s` : `ended (${ended})`;
    await server.end('SIGKILL');
    throw new ServerDidNotStart(`${name} ${what}:\n${await lastLines(run.logFile, 8)}`, { cause });
  }
}
