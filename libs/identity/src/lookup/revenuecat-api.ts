import { type Attribute } from '@app/revenuecat';
import {
  type ApiAccess,
  type RequestOptions,
  RevenueCatApiError,
  RevenueCatClient,
} from '@app/revenuecat-api';
import { z } from 'zod';

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

/** Minimum number of requests of `customer`. The caller takes them from the budget beforehand. */
export const requestsPerCustomer = 2;

const alias = z.object({ id: z.string() });
const attribute = z.object({ name: z.string(), value: z.string().nullable(), updated_at: z.number() });

/**
 * Reads customers from RevenueCat's REST API v2 (https://www.revenuecat.com/docs/api-v2), which, unlike v1, does not create
 * a customer who does not exist. Never throws: a failure is a response of the kind `unavailable`.
 */
export class RevenueCatApi {
  private readonly client: RevenueCatClient;

  /** @param url origin, such as https://api.revenuecat.com */
  constructor(url: string) {
    this.client = new RevenueCatClient(url);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Reads at most ten pages of aliases and of attributes. A customer with more is known well enough. */
  async customer(access: ApiAccess, customerId: string, options: RequestOptions): Promise<CustomerResponse> {
    const path = `/customers/${encodeURIComponent(customerId)}`;
    try {
      const [aliases, attributes] = await Promise.all([
        this.client.list(access, `${path}/aliases`, options),
        this.client.list(access, `${path}/attributes`, options),
      ]);
      return {
        kind: 'found',
        aliases: validOf(alias, aliases).map(({ id }) => id),
        attributes: new Map(
          validOf(attribute, attributes).map(({ name, value, updated_at: updatedAtMs }) => [
            name,
            { value: value ?? '', updatedAtMs },
          ]),
        ),
      };
    } catch (error) {
      if (!(error instanceof RevenueCatApiError)) throw error;
      if (error.status === 404) return { kind: 'absent' };
      return { kind: 'unavailable', detail: error.message, pauseMs: error.pauseMs };
    }
  }
}

/** Leaves out what is invalid: the rest is still worth knowing. */
function validOf<T>(schema: z.ZodType<T>, items: readonly unknown[]): T[] {
  return items.flatMap((item) => schema.safeParse(item).data ?? []);
}
