import { setTimeout as delay } from 'node:timers/promises';
import { type AppSpec } from '../start/apps';
import { startChild } from './child-process';
import { logWriter } from './log-writer';
import { type Sources } from './sources';

export interface Watched {
  /** Resolves with the reason if nothing is run any more, although it was not stopped. */
  ended: Promise<string>;
  stop: () => Promise<void>;
}

/** Sent by swc-hooks.cjs. */
interface LoadedMessage {
  /** Absolute path of a source file that was loaded. */
  file: string;
  atMs: number;
}

const never = new Promise<never>(() => undefined);

/** A restart waits for the shutdown, so the shutdown has to be quick. */
const shutdownTimeoutMs = 2_000;
/** Files that are saved together cause one restart. */
const settleMs = 50;

/** Runs an app from source, and restarts it when a file that it has loaded changes. */
export function watchApp(
  {
    spec: { name, portVariable, env },
    host,
    port,
    debugPort,
  }: {
    spec: AppSpec;
    host: string;
    port: number;
    debugPort: number | undefined;
  },
  sources: Sources,
): Watched {
  return watchProgram(
    {
      name,
      file: `apps/${name}/src/main.ts`,
      args: debugPort === undefined ? [] : [`--inspect=${host}:${debugPort}`],
      env: {
        LOG_LEVEL: 'info',
        SHUTDOWN_TIMEOUT: `${shutdownTimeoutMs}ms`,
        ...process.env,
        ...env,
        HOST: host,
        [portVariable]: String(port),
      },
    },
    sources,
    logWriter(name),
  );
}

/**
 * Runs a TypeScript program. It is restarted when a file that it has loaded changes and, after it has exited, when any source
 * file changes.
 */
export function watchProgram(
  program: { name: string; file: string; args: string[]; env: NodeJS.ProcessEnv },
  sources: Sources,
  write: (line: string) => void,
): Watched {
  const stop = Promise.withResolvers<undefined>();
  const args = [
    ...program.args,
    '--enable-source-maps',
    ...['--require', './tools/dev/swc-hooks.cjs', program.file],
  ];
  // Makes restarts faster.
  const env = { NODE_COMPILE_CACHE: 'node_modules/.cache/node', ...program.env };

  /** Returns true if the program has to be started again. */
  async function run(): Promise<boolean> {
    const changed = Promise.withResolvers<true>();
    const startedAtMs = Date.now();
    const loaded = new Set<string>();
    let state: 'running' | 'exited' | 'ending' = 'running';
    const unsubscribe = sources.onChange((file) => {
      if (state === 'exited' || loaded.has(file)) changed.resolve(true);
    });
    const child = await startChild(args, env, write);
    child.process.on('message', ({ file, atMs }: LoadedMessage) => {
      loaded.add(file);
      if (sources.hasChangedSince(atMs, file)) changed.resolve(true);
    });
    void child.exited.then((how) => {
      if (state === 'ending') return;
      state = 'exited';
      write(`${program.name} exited (${how}). It starts again when a source file changes.`);
      if (sources.hasChangedSince(startedAtMs)) changed.resolve(true);
    });
    const mustRestart = (await Promise.race([changed.promise, stop.promise])) === true;
    unsubscribe();
    if (mustRestart) await delay(settleMs);
    state = 'ending';
    await child.stop();
    return mustRestart;
  }

  const stopped = (async () => {
    while (await run());
  })();
  return {
    ended: stopped.then(() => never),
    stop: async () => {
      stop.resolve(undefined);
      await stopped;
    },
  };
}

/** Serves the pages of the console with Vite, which updates them in the browser. */
export async function watchPages({
  host,
  port,
  consoleUrl,
}: {
  host: string;
  port: number;
  consoleUrl: string;
}): Promise<Watched> {
  const name = 'console/web';
  const pages = await startChild(
    [
      ...['node_modules/vite/bin/vite.js', 'apps/console/web', '--clearScreen', 'false'],
      ...['--host', host, '--port', String(port), '--strictPort'],
    ],
    { ...process.env, CONSOLE_URL: consoleUrl },
    logWriter(name),
  );
  let isStopping = false;
  return {
    ended: pages.exited.then((how) => (isStopping ? never : `${name} exited (${how}).`)),
    stop: () => {
      isStopping = true;
      return pages.stop();
    },
  };
}
