import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface ReceivedMessage {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Receives notifications over HTTP, like the receiver of a webhook or Slack. */
export class NotificationReceiver {
  readonly messages: ReceivedMessage[] = [];
  /** Responds instead of a 204. May send nothing. */
  respond: ((response: ServerResponse, message: ReceivedMessage) => void) | undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void text(request).then((body) => {
        const message = { path: request.url ?? '', headers: request.headers, body };
        this.messages.push(message);
        if (this.respond === undefined) response.writeHead(204).end();
        else this.respond(response, message);
      });
    });
  }

  static async start(): Promise<NotificationReceiver> {
    const receiver = new NotificationReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Ids of the messages, in the order in which they were received. */
  ids(): (string | undefined)[] {
    return this.messages.map(({ headers }) => headers['webhook-id'] as string | undefined);
  }

  types(): string[] {
    return this.messages.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
