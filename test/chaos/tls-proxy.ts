import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import path from 'node:path';
import { createServer, type Server } from 'node:tls';
import { runCommand } from '@tools/stack';

export interface Certificate {
  /** The certificate with its key, as PKCS #12. */
  pfx: Buffer;
  passphrase: string;
  /** File for NODE_EXTRA_CA_CERTS that makes a client trust the certificate. */
  pemFile: string;
}

const passphrase = 'changeit';
const commandTimeoutMs = 30_000;

/** Creates a self-signed certificate for 127.0.0.1 with the keytool of the Java that runs Kafka. */
export async function selfSigned(folder: string, name: string): Promise<Certificate> {
  const keystore = path.join(folder, `${name}.p12`);
  const pemFile = path.join(folder, `${name}.pem`);
  const store = ['-alias', name, '-keystore', keystore, '-storetype', 'PKCS12', '-storepass', passphrase];
  const keytool = (...args: string[]): Promise<string> =>
    runCommand('keytool', [...args, ...store], { timeoutMs: commandTimeoutMs });
  await keytool(
    ...['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30'],
    ...['-dname', `CN=${name}`, '-ext', 'san=ip:127.0.0.1'],
  );
  await keytool('-exportcert', '-rfc', '-file', pemFile);
  return { pfx: await readFile(keystore), passphrase, pemFile };
}

/** A TLS-terminating proxy in front of an HTTP server, with a replaceable certificate. */
export class TlsProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async to(port: number, certificate: Certificate): Promise<TlsProxy> {
    const server = createServer(certificate);
    const proxy = new TlsProxy(server);
    server.on('secureConnection', (client) => {
      const upstream = connect(port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      proxy.sockets.add(client);
      client.on('error', () => undefined);
      upstream.on('error', () => undefined);
      client.on('close', () => {
        proxy.sockets.delete(client);
        upstream.destroy();
      });
      upstream.on('close', () => client.destroy());
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Closes all connections; new ones use this certificate. */
  present(certificate: Certificate): void {
    this.server.setSecureContext(certificate);
    this.closeConnections();
  }

  close(): void {
    this.server.close();
    this.closeConnections();
  }

  private closeConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
