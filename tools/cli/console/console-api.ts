import { type Problem, readConfig, secret } from '@app/platform';
import { z } from 'zod';
import { problemErrors, problemText } from '../../../apps/console/api/problem-text';
import { CannotRunError } from '../exit-codes';

export const consoleAccess = {
  CONSOLE_URL: z.url().default('http://127.0.0.1:8083').describe('URL of the console, for the CLI'),
  CONSOLE_TOKEN: secret(z.string().optional().describe('Token of the console, for the CLI')),
};

/** The console rejected a request. The message explains what to do. */
export class ConsoleApiError extends Error {
  override readonly name = 'ConsoleApiError';

  constructor(
    message: string,
    /** The invalid parts of the request. */
    readonly errors: NonNullable<Problem['errors']>,
  ) {
    super(message);
  }
}

/** Long, because test events wait for Statsig, and changes wait for Kafka and Redis. */
const timeoutMs = 20_000;

type Query = Readonly<Record<string, string | number | undefined>>;

/** Client of the console's API. */
export class ConsoleApi {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  static fromEnvironment(): ConsoleApi {
    const { CONSOLE_URL, CONSOLE_TOKEN } = readConfig(z.object(consoleAccess));
    return new ConsoleApi(CONSOLE_URL, CONSOLE_TOKEN);
  }

  get<T>(path: readonly string[], query: Query = {}): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return this.request<T>('GET', path, search.toString());
  }

  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: readonly string[], body?: unknown): Promise<T> {
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
      throw new CannotRunError(
        `The console is not reachable at ${this.url} (${reasonOf(error)}). Start it, or set CONSOLE_URL to its address.`,
        { cause: error },
      );
    });
    const text = await response.text();
    if (!response.ok) throw this.errorFor(response.status, text);
    return (text === '' ? undefined : parseJson(text, this.url)) as T;
  }

  private errorFor(status: number, text: string): Error {
    if (status === 401) {
      const message =
        this.token === undefined
          ? `The console at ${this.url} requires a token. Set CONSOLE_TOKEN to the token it was started with.`
          : `The console at ${this.url} rejected the token. Set CONSOLE_TOKEN to the token it was started with.`;
      return new CannotRunError(message);
    }
    const message = problemText(text);
    if (message === undefined) return notAConsole(this.url);
    const description = `${message} (${status})`;
    // The console needs Kafka or Redis, which does not respond.
    return status === 503
      ? new CannotRunError(description)
      : new ConsoleApiError(description, problemErrors(text));
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(cause);
}

function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notAConsole(url, error);
  }
}

function notAConsole(url: string, cause?: unknown): CannotRunError {
  return new CannotRunError(`The server at ${url} is not a console. Set CONSOLE_URL.`, { cause });
}
