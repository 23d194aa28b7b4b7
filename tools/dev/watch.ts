import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { runOnExit } from '@tools/stack';
import { type AppSpec } from '../start/apps';
import { root } from '../start/root';
import { logWriter } from './log-writer';

export interface Watched {
  /** Resolves with the reason if the watching process exits unexpectedly. An app that exits is restarted by the next change. */
  ended: Promise<string>;
  stop: () => Promise<void>;
}

/** A restart waits for the shutdown, so the shutdown has to be quick. */
const shutdownTimeoutMs = 2_000;
const stopTimeoutMs = 5_000;

/** Runs an app from source, and restarts it when a file that it has loaded changes. */
export function watchApp({
  spec: { name, portVariable, env },
  host,
  port,
  debugPort,
}: {
  spec: AppSpec;
  host: string;
  port: number;
  debugPort: number | undefined;
}): Promise<Watched> {
  return watched(
    name,
    [
      '--disable-warning=TimeoutNegativeWarning',
      '--enable-source-maps',
      '--watch',
      '--watch-preserve-output',
      ...(debugPort === undefined ? [] : [`--inspect=${host}:${debugPort}`]),
      ...['--require', './tools/dev/swc-hooks.cjs', `apps/${name}/src/main.ts`],
    ],
    {
      LOG_LEVEL: 'info',
      SHUTDOWN_TIMEOUT: `${shutdownTimeoutMs}ms`,
      // Makes restarts faster.
      NODE_COMPILE_CACHE: 'node_modules/.cache/node',
      ...process.env,
      ...env,
      HOST: host,
      [portVariable]: String(port),
    },
  );
}

/** Serves the pages of the console with Vite, which updates them in the browser. */
export function watchPages({
  host,
  port,
  consoleUrl,
}: {
  host: string;
  port: number;
  consoleUrl: string;
}): Promise<Watched> {
  return watched(
    'console/web',
    [
      ...['node_modules/vite/bin/vite.js', 'apps/console/web', '--clearScreen', 'false'],
      ...['--host', host, '--port', String(port), '--strictPort'],
    ],
    { ...process.env, CONSOLE_URL: consoleUrl },
  );
}

async function watched(name: string, args: string[], env: NodeJS.ProcessEnv): Promise<Watched> {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const write = logWriter(name);
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', write);
  const exited = exitOf(child);
  // It would outlive this process if that is killed.
  const onExit = await runOnExit(['kill', String(child.pid)]);
  let isStopping = false;
  return {
    ended: exited.then((how) =>
      isStopping ? new Promise(() => undefined) : `${name} exited unexpectedly (${how}).`,
    ),
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
      await onExit.cancel();
    },
  };
}

async function exitOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal ?? `exit code ${String(code)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
