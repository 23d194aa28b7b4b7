import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type SupervisedProcess, lastLines, runSupervised, until } from '@tools/stack';
import getPort from 'get-port';
import { type AppSpec } from './apps';
import { root } from './root';

export interface RunningApp {
  name: string;
  url: string;
  /** Rejects when the app exits unexpectedly; never resolves. */
  failure: Promise<never>;
  stop: () => Promise<void>;
}

/** An app did not start or exited unexpectedly; the message ends with the last lines of its log. */
class AppError extends Error {
  override readonly name = 'AppError';
}

const host = '127.0.0.1';
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Starts a built app, on its default port if it is free, and waits until it is ready. Throws {@link AppError}. */
export async function launchApp(spec: AppSpec, logFolder: string): Promise<RunningApp> {
  const port = await getPort({ host, port: spec.usualPort });
  try {
    return await launchOn(port, spec, path.join(logFolder, `${spec.name}.log`));
  } catch (error) {
    // Another process may use the port by now. With port 0 the system picks a free one atomically.
    if (!(error instanceof AppError) || !error.message.includes('EADDRINUSE')) throw error;
    return launchOn(0, spec, path.join(logFolder, `${spec.name}.retry.log`));
  }
}

async function launchOn(
  port: number,
  { name, portVariable, healthPath, env }: AppSpec,
  logFile: string,
): Promise<RunningApp> {
  const app = await runSupervised({
    command: process.execPath,
    args: [`dist/apps/${name}/src/main.js`],
    cwd: root,
    env: {
      ...process.env,
      LOG_LEVEL: 'info',
      SHUTDOWN_TIMEOUT: `${stopTimeoutMs}ms`,
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
    throw new AppError(
      `${name} exited unexpectedly (${how}). Its last lines:\n${await lastLines(logFile, 10)}`,
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
    throw new AppError(
      `${name} was not ready after ${readyTimeoutMs / 1000} s. Its last lines:\n${await lastLines(logFile, 10)}`,
    );
  }
  return { name, url, failure, stop };
}

/** Returns the URL in the app's log once its health check passes; undefined on timeout or if the app exits. */
async function readyUrl(
  app: SupervisedProcess,
  logFile: string,
  healthPath: AppSpec['healthPath'],
): Promise<string | undefined> {
  let ended = false;
  void app.exited.then(() => {
    ended = true;
  });
  const retry = { timeoutMs: readyTimeoutMs, shouldAbort: () => ended };
  try {
    const url = await until(async () => listeningUrl(await readFile(logFile, 'utf8')), retry);
    await until(async () => {
      const { ok, status } = await fetch(`${url}${healthPath}`);
      if (!ok) throw new Error(`not ready: ${status}`);
    }, retry);
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
