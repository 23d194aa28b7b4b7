import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit } from './process/supervisor-client';
import { runCommand } from './process/run-command';

export interface Certificate {
  certFile: string;
  keyFile: string;
  /** Certificate of the issuing authority. */
  caFile: string;
  /** Contents of the files, as PEM text. */
  cert: string;
  key: string;
}

export interface CertificateAuthority {
  /** Certificate of the authority, as PEM text. */
  ca: string;
  caFile: string;
  /**
   * Issues a certificate for servers and clients.
   *
   * @param commonName the name by which a server identifies a client
   * @param alternativeNames in OpenSSL's syntax, such as `DNS:localhost` and `IP:127.0.0.1`
   */
  issue: (commonName: string, ...alternativeNames: string[]) => Promise<Certificate>;
  remove: () => Promise<void>;
}

const timeoutMs = 10_000;
const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** Creates a private certificate authority, which processes trust only if configured to. Requires OpenSSL. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-authority-'));
  const { remove } = await removeOnExit(folder);
  const caFile = path.join(folder, 'ca.crt');
  const caKeyFile = path.join(folder, 'ca.key');
  const request = (...args: string[]): Promise<string> =>
    runCommand('openssl', ['req', '-x509', ...ellipticKey, ...args], { timeoutMs });
  await request('-subj', '/CN=Test authority', '-keyout', caKeyFile, '-out', caFile);
  let issued = 0;
  return {
    ca: await readFile(caFile, 'utf8'),
    caFile,
    issue: async (commonName, ...alternativeNames) => {
      const base = path.join(folder, String((issued += 1)));
      const [certFile, keyFile] = [`${base}.crt`, `${base}.key`];
      const names = alternativeNames.length === 0 ? [] : [`subjectAltName=${alternativeNames.join(',')}`];
      const extensions = ['basicConstraints=critical,CA:FALSE', ...names];
      await request(
        ...['-CA', caFile, '-CAkey', caKeyFile, '-subj', `/CN=${commonName}`],
        ...extensions.flatMap((extension) => ['-addext', extension]),
        ...['-keyout', keyFile, '-out', certFile],
      );
      const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
      return { certFile, keyFile, caFile, cert, key };
    },
    remove,
  };
}
