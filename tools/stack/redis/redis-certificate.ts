import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { runCommand } from '../process/run-command';

export interface RedisCertificate {
  certFile: string;
  keyFile: string;
}

/** A certificate for these host names that is its own authority. Needs OpenSSL. */
async function createCertificate(folder: string, hostNames: readonly string[]): Promise<RedisCertificate> {
  const certFile = path.join(folder, 'redis.crt');
  const keyFile = path.join(folder, 'redis.key');
  const names = hostNames.map((name) => `DNS:${name}`).join(',');
  await runCommand(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=redis', '-addext', `subjectAltName=${names}`],
      ...['-keyout', keyFile, '-out', certFile],
    ],
    { timeoutMs: 10_000 },
  );
  return { certFile, keyFile };
}

/** A certificate for these host names that this process trusts until it is removed. */
export async function createTrustedCertificate(
  ...hostNames: string[]
): Promise<RedisCertificate & { remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'redis-certificate-'));
  const certificate = await createCertificate(folder, hostNames);
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, await readFile(certificate.certFile, 'utf8')]);
  return {
    ...certificate,
    remove: async () => {
      setDefaultCACertificates(before);
      await rm(folder, { recursive: true });
    },
  };
}
