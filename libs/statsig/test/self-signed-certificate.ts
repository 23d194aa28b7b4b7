import { execFileSync } from 'node:child_process';

/** A certificate for 127.0.0.1 that no client trusts, with its private key, both as PEM. Needs `openssl`. */
export function selfSignedCertificate(): { key: string; cert: string } {
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout - -out -';
  const pem = execFileSync('openssl', request.split(' '), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { key: pem, cert: pem };
}
