import path from 'node:path';
import { runCommand } from '../process/run-command';

export interface RedisCertificate {
  certFile: string;
  keyFile: string;
}

/** A certificate for these host names that is its own authority. Needs OpenSSL. */
export async function createCertificate(
  folder: string,
  hostNames: readonly string[],
): Promise<RedisCertificate> {
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
