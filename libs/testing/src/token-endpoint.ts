import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

/** Issues unsecured tokens, which the local brokers accept; those for the client `expired` are too old. */
export class TokenEndpoint {
  readonly clientSecret = 'secret-of-client';
  /** Lifetime of the tokens that are issued from now on. */
  lifetimeS = 3_600;
  issued = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const [id = '', secret] = atob((request.headers.authorization ?? '').slice('Basic '.length)).split(':');
      const isKnown = secret === this.clientSecret;
      if (isKnown) this.issued += 1;
      response
        .writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
        .end(
          JSON.stringify(
            isKnown
              ? { access_token: this.token(id), token_type: 'Bearer', expires_in: this.lifetimeS }
              : { error: 'invalid_client', error_description: `not ${String(secret)}` },
          ),
        );
    });
  }

  static async start(): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint();
    await new Promise<void>((resolve) => endpoint.server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/token`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private token(sub: string): string {
    const nowS = Date.now() / 1_000;
    const times = sub === 'expired' ? { iat: 1, exp: 2 } : { iat: nowS, exp: nowS + this.lifetimeS };
    const parts = [{ alg: 'none' }, { sub, ...times }];
    return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  }
}
