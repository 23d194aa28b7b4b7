import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Toxic =
  | { kind: 'none' }
  /** Each chunk arrives so much later. */
  | { kind: 'latency'; ms: number }
  /** Connections are closed, and no new ones taken. */
  | { kind: 'cut' }
  /** Connections stay open, and nothing comes through. */
  | { kind: 'half_open' };

/** Stands between a client and a server, and does to their connections what networks do. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private toxic: Toxic = { kind: 'none' };

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(host: string, port: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new TcpProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => {
      proxy.join(client, connect(port, host));
    });
    return proxy;
  }

  set(toxic: Toxic): void {
    this.toxic = toxic;
    if (toxic.kind === 'cut') for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket, upstream: Socket): void {
    if (this.toxic.kind === 'cut') {
      client.destroy();
      upstream.destroy();
      return;
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk) => {
        this.pass(chunk, to);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }

  private pass(chunk: Buffer, to: Socket): void {
    if (this.toxic.kind === 'half_open') return;
    if (this.toxic.kind === 'latency') setTimeout(() => to.write(chunk), this.toxic.ms);
    else to.write(chunk);
  }
}
