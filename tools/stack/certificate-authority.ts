import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownFolder } from './process/keeper';
import { runCommand } from './process/run-command';

export interface Certificate {
  certFile: string;
  keyFile: string;
  /** Of the authority that has signed it. */
  caFile: string;
  /** The files as PEM text. */
  cert: string;
  key: string;
}

export interface CertificateAuthority {
  /** Its own certificate, as PEM text. */
  ca: string;
  caFile: string;
  /**
   * Issues a certificate for servers and clients.
   *
   * @param commonName by which a server knows a client
   * @param alternativeNames as OpenSSL writes them, such as `DNS:localhost` and `IP:127.0.0.1`
   */
  issue: (commonName: string, ...alternativeNames: string[]) => Promise<Certificate>;
  remove: () => Promise<void>;
}

const timeoutMs = 10_000;
const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** A private certificate authority, which no process trusts unless it is told to. Needs OpenSSL. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-authority-'));
  const { remove } = await ownFolder(folder);
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
