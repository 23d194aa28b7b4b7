import { tlsFailure } from '@app/platform';
import { error, type Finding, ok, warning } from './finding';

/** An origin that an app sends requests to. */
export interface Endpoint {
  name: 'Statsig' | 'RevenueCat';
  url: string;
  /** The setting that holds the URL. */
  setting: string;
  /** Whether an integration needs it. */
  isNeeded: boolean;
}

export type Probe =
  | { kind: 'reached'; status: number; elapsedMs: number }
  | { kind: 'failed'; cause: Error & { code?: unknown } };

export function evaluateEndpoint({ name, url, setting, isNeeded }: Endpoint, probe: Probe): Finding {
  const { origin } = new URL(url);
  if (probe.kind === 'reached') {
    const { status, elapsedMs } = probe;
    return ok(name, `${origin} is reachable: it responded with ${status} in ${Math.round(elapsedMs)} ms.`);
  }
  const { found, action } = explain(probe.cause, origin, setting);
  return isNeeded
    ? error(name, found, action)
    : warning(name, `${found} No integration needs it now.`, action);
}

function explain(
  cause: Error & { code?: unknown },
  origin: string,
  setting: string,
): { found: string; action: string } {
  const code = typeof cause.code === 'string' ? cause.code : cause.name;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      found: `The host name of ${origin} cannot be resolved (${code}).`,
      action: `Check ${setting}, and the DNS server of this machine.`,
    };
  }
  if (code === 'ECONNREFUSED') {
    return { found: `${origin} refuses connections.`, action: `Check ${setting}, and that the server runs.` };
  }
  if (/TIMEOUT|ETIMEDOUT/i.test(code)) {
    return {
      found: `${origin} does not respond (${code}).`,
      action: 'Check that the firewall allows outgoing connections to this address.',
    };
  }
  if (isTls(cause, code)) {
    return {
      found: `${origin} is reachable, but its certificate is not accepted or TLS fails (${code}).`,
      action: `Check the protocol in ${setting}. If a proxy replaces certificates, set NODE_EXTRA_CA_CERTS to its authority.`,
    };
  }
  return { found: `${origin} cannot be reached (${code}).`, action: `Check ${setting} and the network.` };
}

function isTls(cause: Error, code: string): boolean {
  const peer = { server: '', prefix: '', address: '' };
  return tlsFailure(cause, peer) !== undefined || /^(ERR_(SSL|TLS)|CERT_|EPROTO)/.test(code);
}
