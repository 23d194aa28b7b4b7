import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

interface FakeCustomer {
  aliases: string[];
  /** name → [value, updated at] */
  attributes: Record<string, readonly [string | null, number]>;
}

/**
 * A fake of the part of RevenueCat's REST API v2 that is used here: lists in pages of two, whose cursor must be returned
 * unchanged, and errors (https://www.revenuecat.com/docs/api-v2).
 */
export class FakeRevenueCat {
  readonly apiKey = 'sk_imitated';
  readonly customers = new Map<string, FakeCustomer>();
  /** Paths that were requested, in order. */
  readonly requests: string[] = [];
  /** Replaces the response. May send none. */
  fault: ((response: ServerResponse) => void) | undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.respond(request, response);
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

  private respond({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(url);
    if (this.fault !== undefined) {
      this.fault(response);
      return;
    }
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (headers.authorization !== `Bearer ${this.apiKey}`) {
      send(401, {
        object: 'error',
        type: 'authentication_error',
        message: 'Invalid API key',
        retryable: false,
      });
      return;
    }
    const [path = '', query = ''] = url.split('?');
    const [, id = '', list = ''] =
      /^\/v2\/projects\/proj1\/customers\/([^/]+)\/(aliases|attributes)$/.exec(path) ?? [];
    const customer = this.customers.get(decodeURIComponent(id));
    if (customer === undefined) {
      send(404, {
        object: 'error',
        type: 'resource_missing',
        message: 'Customer not found',
        retryable: false,
      });
      return;
    }
    const items =
      list === 'aliases'
        ? customer.aliases.map((alias) => ({ object: 'customer.alias', id: alias, created_at: 1 }))
        : Object.entries(customer.attributes).map(([name, [value, updatedAt]]) => ({
            ...{ object: 'customer.attribute', name, value, updated_at: updatedAt },
          }));
    // The cursor contains characters that a second encoding would change.
    const from = query === '' ? 0 : Number(/^starting_after=%24cursor:(\d+)$/.exec(query)?.[1] ?? 0);
    const next = from + 2 < items.length ? `${path}?starting_after=%24cursor:${from + 2}` : null;
    send(200, { object: 'list', items: items.slice(from, from + 2), next_page: next, url: path });
  }
}
