import { type Attribute } from '@app/revenuecat';
import { Pool } from 'undici';
import { z } from 'zod';

export interface ApiAccess {
  revenueCatProjectId: string;
  apiKey: string;
}

export type CustomerAnswer =
  | { kind: 'found'; aliases: string[]; attributes: Map<string, Attribute> }
  | { kind: 'absent' }
  /** `pauseMs`: how long nothing at all is to be asked. */
  | {
      kind: 'unavailable';
      /** Is logged: nothing of a customer or a key. */ detail: string;
      pauseMs: number;
    };

export interface AskOptions {
  /** Aborted when the answer would come too late. */
  signal: AbortSignal;
  /** Called before each further request; false: there must be none. */
  mayAsk: () => Promise<boolean>;
}

/** What `customer` asks at least, and so what is to be allowed beforehand. */
export const requestsPerCustomer = 2;

/** A customer with more pages than this is a crowd, of whom enough is known. */
const maxPages = 10;
const maxAnswerBytes = 1024 * 1024;
const pauseAfterFailureMs = 10_000;
const pauseAfterRefusalMs = 300_000;
const longestPauseMs = 300_000;

const page = z.object({ items: z.array(z.unknown()), next_page: z.string().nullish() });
const alias = z.object({ id: z.string() });
const attribute = z.object({ name: z.string(), value: z.string().nullable(), updated_at: z.number() });
/** The message may name the customer or the key, and is not read. */
const problem = z.object({
  type: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional()
    .catch(undefined),
  backoff_ms: z.number().optional(),
});

/**
 * Reads customers from RevenueCat's REST API v2 (https://www.revenuecat.com/docs/api-v2), which, unlike v1, creates none
 * by being asked. Never throws: what goes wrong is an answer.
 */
export class RevenueCatApi {
  private readonly pool: Pool;

  /** @param url origin, such as https://api.revenuecat.com */
  constructor(url: string) {
    this.pool = new Pool(new URL(url).origin, { connections: 32, maxResponseSize: maxAnswerBytes });
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  async customer(access: ApiAccess, customerId: string, options: AskOptions): Promise<CustomerAnswer> {
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
      if (error instanceof NoAnswer) return error.answer;
      return { kind: 'unavailable', detail: detailOf(error), pauseMs: pauseAfterFailureMs };
    }
  }

  private async list<T>(
    path: string,
    item: z.ZodType<T>,
    access: ApiAccess,
    options: AskOptions,
  ): Promise<T[]> {
    const items: T[] = [];
    let next: string | null | undefined = path;
    for (let pages = 0; typeof next === 'string' && pages < maxPages; pages += 1) {
      if (pages > 0 && !(await options.mayAsk())) {
        throw new NoAnswer({ kind: 'unavailable', detail: 'No more requests are allowed.', pauseMs: 0 });
      }
      const answer: z.output<typeof page> = page.parse(await this.get(next, access.apiKey, options.signal));
      items.push(...answer.items.flatMap((entry) => item.safeParse(entry).data ?? []));
      // As it is: encoding the cursor once more would ask for the same page for ever.
      next = answer.next_page;
    }
    return items;
  }

  private async get(path: string, apiKey: string, signal: AbortSignal): Promise<unknown> {
    if (!path.startsWith('/')) throw new Error('RevenueCat’s next page is no path.');
    const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' };
    const response = await this.pool.request({ method: 'GET', path, headers, signal });
    const text = await response.body.text();
    if (response.statusCode === 200) return JSON.parse(text);
    throw new NoAnswer(meaningOf(response.statusCode, text, response.headers['retry-after']));
  }
}

/** An error of `JSON.parse` quotes the response, and so may one of its validation. */
function detailOf(error: unknown): string {
  if (error instanceof z.ZodError || (error instanceof Error && error.name === 'SyntaxError'))
    return 'The response of RevenueCat cannot be read.';
  return error instanceof Error ? error.message : String(error);
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(readonly answer: CustomerAnswer) {
    super('RevenueCat gave no customer');
  }
}

/** `backoff_ms` goes before `Retry-After`, whose unit RevenueCat's pages do not agree on. */
function meaningOf(status: number, text: string, retryAfter: unknown): CustomerAnswer {
  if (status === 404) return { kind: 'absent' };
  const { type, backoff_ms: backoffMs } = problemOf(text);
  const detail = `RevenueCat responded with ${status}${type === undefined ? '' : ` (${type})`}.`;
  if (status === 401 || status === 403) {
    return { kind: 'unavailable', detail: `${detail} Check the API key.`, pauseMs: pauseAfterRefusalMs };
  }
  const retryAfterMs = typeof retryAfter === 'string' ? Number(retryAfter) * 1_000 : Number.NaN;
  const askedMs = backoffMs ?? (Number.isFinite(retryAfterMs) ? retryAfterMs : pauseAfterFailureMs);
  // Locked is this one customer, and only for a moment.
  const pauseMs = status === 423 ? 0 : Math.min(Math.max(askedMs, 0), longestPauseMs);
  return { kind: 'unavailable', detail, pauseMs };
}

function problemOf(text: string): z.output<typeof problem> {
  try {
    return problem.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
