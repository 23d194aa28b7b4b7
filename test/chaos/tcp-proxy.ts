import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Toxic =
  | { kind: 'none' }
  /** Delays each chunk by this much. */
  | { kind: 'latency'; ms: number }
  /** Closes connections and refuses new ones. */
  | { kind: 'cut' }
  /** Keeps connections open, but forwards nothing. */
  | { kind: 'half_open' };

/** Observes all bytes of one connection, and can withhold bytes from the server. */
export interface ConnectionFilter {
  request: (chunk: Buffer) => void;
  /** Returns the bytes for the client; `reset` closes the connection instead. */
  response: (chunk: Buffer) => Buffer | 'reset';
}

/** A proxy between a client and a server that simulates network faults. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private toxic: Toxic = { kind: 'none' };

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
    private readonly filter: (() => ConnectionFilter) | undefined,
  ) {}

  static async to(host: string, port: number, filter?: () => ConnectionFilter): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new TcpProxy(server, { host, port }, filter);
    server.on('connection', (client) => {
      proxy.join(client, connect(proxy.target.port, proxy.target.host));
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set(toxic: Toxic): void {
    this.toxic = toxic;
    if (toxic.kind === 'cut') for (const socket of this.sockets) socket.destroy();
  }

  /** Sends new connections to another port; open ones are not affected. */
  retarget(port: number): void {
    this.target = { ...this.target, port };
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
    const filter = this.filter?.();
    client.on('data', (chunk) => {
      filter?.request(chunk);
      this.pass(chunk, upstream);
    });
    upstream.on('data', (chunk) => {
      const passed = filter?.response(chunk) ?? chunk;
      if (passed === 'reset') client.destroy();
      else this.pass(passed, client);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
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
