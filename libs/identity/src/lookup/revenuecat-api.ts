import { type Attribute } from '@app/revenuecat';
import { Pool } from 'undici';
import { z } from 'zod';
import { outcomeOf, requestSeconds } from './lookup.metrics';

export interface ApiAccess {
  revenueCatProjectId: string;
  apiKey: string;
}

export type CustomerResponse =
  | { kind: 'found'; aliases: string[]; attributes: Map<string, Attribute> }
  | { kind: 'absent' }
  | {
      kind: 'unavailable';
      /** For the log, so it names neither a customer nor a key. */
      detail: string;
      /** How long to make no request at all. */
      pauseMs: number;
    };

export interface RequestOptions {
  /** Aborted at the timeout of the lookup. */
  signal: AbortSignal;
  /** Called before each further request, which is not made if this returns false. */
  mayRequest: () => Promise<boolean>;
}

/** Minimum number of requests of `customer`. The caller takes them from the budget beforehand. */
export const requestsPerCustomer = 2;

/** Maximum number of pages of a list that are read. A customer with more is known well enough. */
const maxPages = 10;
const maxResponseBytes = 1024 * 1024;
const pauseAfterFailureMs = 10_000;
const pauseAfterWrongKeyMs = 300_000;
const maxPauseMs = 300_000;

const page = z.object({ items: z.array(z.unknown()), next_page: z.string().nullish() });
const alias = z.object({ id: z.string() });
const attribute = z.object({ name: z.string(), value: z.string().nullable(), updated_at: z.number() });
/** The message is not read, because it may name the customer or the key. */
const errorBody = z.object({
  type: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional()
    .catch(undefined),
  backoff_ms: z.number().optional(),
});

/**
 * Reads customers from RevenueCat's REST API v2 (https://www.revenuecat.com/docs/api-v2), which, unlike v1, does not create
 * a customer who does not exist. Never throws: a failure is a response of the kind `unavailable`.
 */
export class RevenueCatApi {
  private readonly pool: Pool;

  /** @param url origin, such as https://api.revenuecat.com */
  constructor(url: string) {
    this.pool = new Pool(new URL(url).origin, { connections: 32, maxResponseSize: maxResponseBytes });
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  async customer(access: ApiAccess, customerId: string, options: RequestOptions): Promise<CustomerResponse> {
    const path = `/v2/projects/${access.revenueCatProjectId}/customers/${encodeURIComponent(customerId)}`;
    try {
      const [aliases, attributes] = await Promise.all([
        this.list(`${path}/aliases`, alias, access, options),
        this.list(`${path}/attributes`, attribute, access, options),
      ]);
      return {
        kind: 'found',
        aliases: aliases.map(({ id }) => id),
        attributes: new Map(
          attributes.map(({ name, value, updated_at: updatedAtMs }) => [
            name,
            { value: value ?? '', updatedAtMs },
          ]),
        ),
      };
    } catch (error) {
      if (error instanceof NoCustomerError) return error.response;
      return { kind: 'unavailable', detail: detailOf(error), pauseMs: pauseAfterFailureMs };
    }
  }

  private async list<T>(
    path: string,
    item: z.ZodType<T>,
    access: ApiAccess,
    options: RequestOptions,
  ): Promise<T[]> {
    const items: T[] = [];
    let next: string | null | undefined = path;
    for (let pages = 0; typeof next === 'string' && pages < maxPages; pages += 1) {
      if (pages > 0 && !(await options.mayRequest())) {
        throw new NoCustomerError({
          kind: 'unavailable',
          detail: 'The request budget is used up.',
          pauseMs: 0,
        });
      }
      const received: z.output<typeof page> = page.parse(await this.get(next, access.apiKey, options.signal));
      items.push(...received.items.flatMap((entry) => item.safeParse(entry).data ?? []));
      // Not encoded again: RevenueCat would return the same page forever.
      next = received.next_page;
    }
    return items;
  }

  private async get(path: string, apiKey: string, signal: AbortSignal): Promise<unknown> {
    if (!path.startsWith('/')) throw new Error("RevenueCat's next_page is not a path.");
    const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' };
    const observe = requestSeconds.startTimer();
    let response: Awaited<ReturnType<Pool['request']>>;
    let text: string;
    try {
      response = await this.pool.request({ method: 'GET', path, headers, signal });
      text = await response.body.text();
    } catch (error) {
      observe({ outcome: signal.aborted ? 'timeout' : 'unreachable' });
      throw error;
    }
    observe({ outcome: outcomeOf(response.statusCode) });
    if (response.statusCode === 200) return JSON.parse(text);
    throw new NoCustomerError(interpretError(response.statusCode, text, response.headers['retry-after']));
  }
}

/** The message of `JSON.parse` quotes the response, and that of its validation may. */
function detailOf(error: unknown): string {
  if (error instanceof z.ZodError || (error instanceof Error && error.name === 'SyntaxError'))
    return "RevenueCat's response is invalid.";
  return error instanceof Error ? error.message : String(error);
}

class NoCustomerError extends Error {
  override readonly name = 'NoCustomerError';

  constructor(readonly response: CustomerResponse) {
    super('RevenueCat returned no customer');
  }
}

/** `backoff_ms` takes precedence over `Retry-After`, whose unit differs between pages of RevenueCat's documentation. */
function interpretError(status: number, text: string, retryAfter: unknown): CustomerResponse {
  if (status === 404) return { kind: 'absent' };
  const { type, backoff_ms: backoffMs } = parseError(text);
  const detail = `RevenueCat responded with ${status}${type === undefined ? '' : ` (${type})`}.`;
  if (status === 401 || status === 403) {
    return { kind: 'unavailable', detail: `${detail} Check the API key.`, pauseMs: pauseAfterWrongKeyMs };
  }
  const retryAfterMs = typeof retryAfter === 'string' ? Number(retryAfter) * 1_000 : Number.NaN;
  const requestedMs = backoffMs ?? (Number.isFinite(retryAfterMs) ? retryAfterMs : pauseAfterFailureMs);
  // 423: only this customer is locked, and only briefly.
  const pauseMs = status === 423 ? 0 : Math.min(Math.max(requestedMs, 0), maxPauseMs);
  return { kind: 'unavailable', detail, pauseMs };
}

function parseError(text: string): z.output<typeof errorBody> {
  try {
    return errorBody.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
