import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** Statsig behind a proxy that quotes the key and parts of the event in its responses. */
export class EchoingStatsig {
  /** Status of further responses. */
  status = 200;
  /** Bodies of the accepted requests. */
  readonly accepted: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EchoingStatsig> {
    const server = createServer();
    const statsig = new EchoingStatsig(server);
    server.on('request', (request, response) => void statsig.respond(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return statsig;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await buffer(request);
    const isCompressed = request.headers['content-encoding'] === 'gzip';
    const body = String(isCompressed ? gunzipSync(received) : received);
    const key = String(request.headers['statsig-api-key']);
    const { event, events } = JSON.parse(body) as {
      event?: Record<string, unknown>;
      events?: { user: unknown }[];
    };
    const users = events?.map(({ user }) => user);
    const quoted = JSON.stringify([key, event?.['app_user_id'], event?.['subscriber_attributes'], users]);
    if (this.status === 200) this.accepted.push(body);
    response.writeHead(this.status, { location: `https://elsewhere.example/${encodeURIComponent(quoted)}` });
    response.end(this.status === 200 ? '{"success":true}' : quoted);
  }
}
