import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { errorResponse, FakeWebhooks } from './fake-revenuecat-webhooks';

interface FakeCustomer {
  aliases: string[];
  /** name → [value, updated at] */
  attributes: Record<string, readonly [string | null, number]>;
}

/** A request and its response, without the key. */
export interface FakeExchange {
  method: string;
  path: string;
  body: unknown;
  status: number;
  response: object;
}

const projectPath = '/v2/projects/proj1';

/**
 * A fake of the part of RevenueCat's REST API v2 that is used here: lists in pages of two, whose cursor must be returned
 * unchanged, webhooks, permissions and errors (https://www.revenuecat.com/docs/api-v2). `libs/revenuecat-api` tests that its
 * responses match RevenueCat's description.
 */
export class FakeRevenueCat {
  readonly apiKey = 'sk_fake';
  readonly customers = new Map<string, FakeCustomer>();
  readonly webhooks = new FakeWebhooks();
  /** Whether the key may read webhooks, and whether it may change them. */
  permissions: readonly ('read' | 'read_write')[] = ['read', 'read_write'];
  /** Paths that were requested, in order. */
  readonly requests: string[] = [];
  /** Requests that were not replaced by a fault, in order. */
  readonly exchanges: FakeExchange[] = [];
  /** Replaces the response. May send none. */
  fault: ((response: ServerResponse) => void) | undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.respond(request, response);
    });
  }

  static async start(): Promise<FakeRevenueCat> {
    const fake = new FakeRevenueCat();
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method = 'GET' } = request;
    this.requests.push(url);
    if (this.fault !== undefined) {
      this.fault(response);
      return;
    }
    const body = method === 'POST' ? await json(request) : undefined;
    const { status, body: sent } = this.responseTo(request, body);
    this.exchanges.push({ method, path: url.split('?')[0] ?? '', body, status, response: sent });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(sent));
  }

  private responseTo({ url = '', method = 'GET', headers }: IncomingMessage, body: unknown) {
    if (headers.authorization !== `Bearer ${this.apiKey}`) {
      return errorResponse(401, 'authentication_error', 'Invalid API key');
    }
    if (!url.startsWith(`${projectPath}/`)) {
      return errorResponse(403, 'authorization_error', 'The key belongs to another project');
    }
    const [path = '', query = ''] = url.slice(projectPath.length).split('?');
    const [isWebhook, id] = /^\/integrations\/webhooks(?:\/([^/]+))?$/.exec(path) ?? [];
    if (isWebhook !== undefined) {
      if (!this.permissions.includes(method === 'GET' ? 'read' : 'read_write')) {
        return errorResponse(403, 'authorization_error', 'The key lacks a permission');
      }
      if (method === 'GET' && id === undefined) return pageOf(this.webhooks.all, path, query);
      return this.webhooks.respond(method, id, body);
    }
    const items = this.customerItems(path);
    return items === undefined
      ? errorResponse(404, 'resource_missing', 'Customer not found')
      : pageOf(items, path, query);
  }

  private customerItems(path: string): object[] | undefined {
    const [, id = '', list = ''] = /^\/customers\/([^/]+)\/(aliases|attributes)$/.exec(path) ?? [];
    const customer = this.customers.get(decodeURIComponent(id));
    if (customer === undefined) return undefined;
    return list === 'aliases'
      ? customer.aliases.map((alias) => ({ object: 'customer.alias', id: alias, created_at: 1 }))
      : Object.entries(customer.attributes).map(([name, [value, updatedAt]]) => ({
          ...{ object: 'customer.attribute', name, value, updated_at: updatedAt },
        }));
  }
}

function pageOf(items: readonly object[], path: string, query: string): { status: number; body: object } {
  const url = `${projectPath}${path}`;
  // The cursor contains characters that a second encoding would change.
  const from = query === '' ? 0 : Number(/^starting_after=%24cursor:(\d+)$/.exec(query)?.[1] ?? 0);
  const next = from + 2 < items.length ? `${url}?starting_after=%24cursor:${from + 2}` : null;
  return { status: 200, body: { object: 'list', items: items.slice(from, from + 2), next_page: next, url } };
}
