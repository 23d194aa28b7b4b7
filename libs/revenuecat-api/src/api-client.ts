import { Pool } from 'undici';
import { z } from 'zod';
import { outcomeOf, requestSeconds } from './api.metrics';
import { errorOfFailure, errorOfResponse, RevenueCatApiError } from './api-error';

/** A project in RevenueCat, and a secret key of API v2 for it. */
export interface ApiAccess {
  revenueCatProjectId: string;
  apiKey: string;
}

export interface RequestOptions {
  /** Aborted at the timeout of the request, or of the requests for a list. */
  signal: AbortSignal;
  /** Called before each further page of a list, which is not requested if this returns false. */
  mayRequest?: () => Promise<boolean>;
  /** Whether a list that is longer is an error, instead of being cut off. */
  mustBeComplete?: boolean;
}

const maxPages = 10;
const maxResponseBytes = 1024 * 1024;

const page = z.object({ items: z.array(z.unknown()), next_page: z.string().nullish() });

/** Client of RevenueCat's REST API v2 (https://www.revenuecat.com/docs/api-v2). Throws {@link RevenueCatApiError} only. */
export class RevenueCatClient {
  private readonly pool: Pool;

  /** @param url origin, such as https://api.revenuecat.com */
  constructor(url: string) {
    this.pool = new Pool(new URL(url).origin, { connections: 32, maxResponseSize: maxResponseBytes });
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  /**
   * Reads a list of the project, page by page, at most ten.
   *
   * @param path below the project, such as `/customers/a/aliases`, encoded
   */
  async list(
    access: ApiAccess,
    path: string,
    { signal, mayRequest = () => Promise.resolve(true), mustBeComplete = false }: RequestOptions,
  ): Promise<unknown[]> {
    const items: unknown[] = [];
    let next: string | null | undefined = pathOf(access, path);
    for (let pages = 0; typeof next === 'string' && pages < maxPages; pages += 1) {
      if (pages > 0 && !(await mayRequest())) {
        throw new RevenueCatApiError('The request budget is used up.', undefined, 0);
      }
      const received: z.output<typeof page> = await this.request('GET', next, access.apiKey, page, signal);
      items.push(...received.items);
      // Not encoded again: RevenueCat would return the same page forever.
      next = received.next_page;
    }
    if (mustBeComplete && typeof next === 'string') {
      throw new RevenueCatApiError(`RevenueCat's list has more than ${maxPages} pages.`, undefined, 0);
    }
    return items;
  }

  /** Changes something in the project. A request that fails may have been carried out. */
  send<T>(
    access: ApiAccess,
    method: 'POST' | 'DELETE',
    path: string,
    { response, body, signal }: { response: z.ZodType<T>; body?: unknown; signal: AbortSignal },
  ): Promise<T> {
    return this.request(method, pathOf(access, path), access.apiKey, response, signal, body);
  }

  private async request<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    apiKey: string,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<T> {
    try {
      if (!path.startsWith('/')) throw new Error("RevenueCat's next_page is not a path.");
      const { statusCode, headers, text } = await this.exchange(method, path, apiKey, signal, body);
      if (statusCode === 200 || statusCode === 201) return schema.parse(JSON.parse(text));
      throw errorOfResponse(statusCode, text, headers['retry-after']);
    } catch (error) {
      throw errorOfFailure(error);
    }
  }

  private async exchange(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    apiKey: string,
    signal: AbortSignal,
    body: unknown,
  ) {
    const observe = requestSeconds.startTimer();
    try {
      const response = await this.pool.request({
        method,
        path,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal,
      });
      const text = await response.body.text();
      observe({ outcome: outcomeOf(response.statusCode) });
      return { statusCode: response.statusCode, headers: response.headers, text };
    } catch (error) {
      observe({ outcome: signal.aborted ? 'timeout' : 'unreachable' });
      throw error;
    }
  }
}

const pathOf = ({ revenueCatProjectId }: ApiAccess, path: string): string =>
  `/v2/projects/${revenueCatProjectId}${path}`;
