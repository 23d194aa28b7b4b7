import { problemText } from '../../../api/problem-text';

/** The console's API rejected a request; the message is shown to the user. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function isResponse(error: unknown): boolean {
  return error instanceof ApiError && error.status !== 0;
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Returns the path and query of a request, without undefined or empty parameters. */
export function apiUrl(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/api/${path}${search === '' ? '' : `?${search}`}`;
}

export function get<T>(path: string, query?: Query): Promise<T> {
  return request<T>('GET', apiUrl(path, query));
}

export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return request<T>(method, apiUrl(path), body);
}

async function request<T>(method: string, url: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch {
    throw new ApiError(0, 'The console is not reachable. Check that it is running.');
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, problemText(text) ?? response.statusText);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
