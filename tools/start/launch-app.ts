import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type KeptProcess, lastLines, runKept, until } from '@tools/stack';
import getPort from 'get-port';
import { type AppSpec } from './apps';
import { root } from './root';

export interface RunningApp {
  name: string;
  url: string;
  /** Rejects when the app ends without having been told to; never resolves. */
  failure: Promise<never>;
  stop: () => Promise<void>;
}

/** An app did not come up, or ended by itself; the message holds the end of its log. */
export class AppEnded extends Error {
  override readonly name = 'AppEnded';
}

const host = '127.0.0.1';
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Runs a built app, on its usual port where that is free, until it is ready for work. Throws {@link AppEnded}. */
export async function launchApp(spec: AppSpec, logFolder: string): Promise<RunningApp> {
  const usual = await getPort({ host, port: spec.usualPort });
  try {
    return await launchOn(usual, spec, path.join(logFolder, `${spec.name}.log`));
  } catch (error) {
    // Another start may have taken the port since. With 0 the system picks one, and nobody comes between.
    if (!(error instanceof AppEnded) || !error.message.includes('EADDRINUSE')) throw error;
    return launchOn(0, spec, path.join(logFolder, `${spec.name}.second-try.log`));
  }
}

async function launchOn(
  port: number,
  { name, portVariable, healthPath, env }: AppSpec,
  logFile: string,
): Promise<RunningApp> {
  const app = await runKept({
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', `dist/apps/${name}/src/main.js`],
    cwd: root,
    env: {
      ...process.env,
      LOG_LEVEL: 'info',
      SHUTDOWN_TIMEOUT_MS: String(stopTimeoutMs),
      ...env,
      HOST: host,
      [portVariable]: String(port),
    },
    logFile,
  });
  let isStopping = false;
  const failure = app.exited.then(async ({ code, signal }): Promise<never> => {
    if (isStopping) return new Promise(() => undefined);
    const how = signal ?? `exit code ${String(code)}`;
    throw new AppEnded(
      `${name} ended unexpectedly (${how}). Its last lines:\n${await lastLines(logFile, 10)}`,
    );
  });
  failure.catch(() => undefined);
  const stop = async (): Promise<void> => {
    isStopping = true;
    await app.end('SIGTERM', stopTimeoutMs + 2_000);
  };
  const url = await Promise.race([failure, readyUrl(app, logFile, healthPath)]);
  if (url === undefined) {
    await stop();
    throw new AppEnded(
      `${name} is not ready after ${readyTimeoutMs / 1000} s. Its last lines:\n${await lastLines(logFile, 10)}`,
    );
  }
  return { name, url, failure, stop };
}

/** The address that the app's own log gives, once its readiness check there is passed; undefined when it takes too long. */
async function readyUrl(
  app: KeptProcess,
  logFile: string,
  healthPath: AppSpec['healthPath'],
): Promise<string | undefined> {
  let ended = false;
  void app.exited.then(() => {
    ended = true;
  });
  const patience = { timeoutMs: readyTimeoutMs, inVain: () => ended };
  try {
    const url = await until(async () => listeningUrl(await readFile(logFile, 'utf8')), patience);
    await until(async () => {
      const { ok, status } = await fetch(`${url}${healthPath}`);
      if (!ok) throw new Error(`not ready: ${status}`);
    }, patience);
    return url;
  } catch {
    return undefined;
  }
}

function listeningUrl(log: string): string {
  for (const line of log.split('\n')) {
    if (!line.includes('"msg":"ready"')) continue;
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return url;
  }
  throw new Error('not listening yet');
}
