import { readConfig, secret } from '@app/platform';
import { z } from 'zod';
import type { Problem } from '../../../apps/console/src/http/answers';

export const consoleAccess = {
  CONSOLE_URL: z.url().default('http://127.0.0.1:8083').describe('URL of the console, for the CLI'),
  CONSOLE_TOKEN: secret(z.string().optional().describe('Token of the console, for the CLI')),
};

/** The console said no, or nothing at all. The message tells what to do. */
export class ConsoleApiError extends Error {
  override readonly name = 'ConsoleApiError';
}

/** A test event waits for Statsig, and every change for Kafka and Redis. */
const timeoutMs = 20_000;

type Query = Readonly<Record<string, string | number | undefined>>;

/** The console's API, as the environment names it. */
export class ConsoleApi {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  static ofEnvironment(): ConsoleApi {
    const { CONSOLE_URL, CONSOLE_TOKEN } = readConfig(z.object(consoleAccess));
    return new ConsoleApi(CONSOLE_URL, CONSOLE_TOKEN);
  }

  get<T>(path: readonly string[], query: Query = {}): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return this.request<T>('GET', path, search.toString());
  }

  send<T>(method: 'POST' | 'DELETE', path: readonly string[], body?: unknown): Promise<T> {
    return this.request<T>(method, path, '', body);
  }

  private async request<T>(
    method: string,
    path: readonly string[],
    search: string,
    body?: unknown,
  ): Promise<T> {
    const url = new URL(`api/${path.map(encodeURIComponent).join('/')}`, this.url.replace(/\/?$/, '/'));
    url.search = search;
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ConsoleApiError(
        `The console cannot be reached at ${this.url} (${reasonOf(error)}). Start it, or set CONSOLE_URL to where it is.`,
        { cause: error },
      );
    });
    const text = await response.text();
    if (!response.ok) throw this.refusal(response.status, text);
    return (text === '' ? undefined : parsed(text, this.url)) as T;
  }

  private refusal(status: number, text: string): ConsoleApiError {
    if (status === 401) {
      const message =
        this.token === undefined
          ? `The console at ${this.url} wants a token. Set CONSOLE_TOKEN to the one that it was started with.`
          : `The console at ${this.url} refuses the token. Set CONSOLE_TOKEN to the one that it was started with.`;
      return new ConsoleApiError(message);
    }
    const said = messageIn(text) ?? `What answers at ${this.url} is no console. Set CONSOLE_URL.`;
    return new ConsoleApiError(`${said} (${status})`);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(cause);
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConsoleApiError(`What answers at ${url} is no console. Set CONSOLE_URL.`, {
      cause: error,
    });
  }
}

function messageIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as Partial<Problem>;
    return Array.isArray(message) ? message.join('. ') : message;
  } catch {
    return undefined;
  }
}
