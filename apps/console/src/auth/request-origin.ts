import { type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether another site makes a browser request a change. The cookie is SameSite=Strict already; this check also rejects
 * requests from other ports of the same site.
 */
export function isCrossSiteChange(method: string, headers: IncomingHttpHeaders): boolean {
  if (readingMethods.has(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = headers;
  return origin !== undefined && hostOf(origin) !== host;
}

/** Guards against DNS rebinding: another site can resolve its name to this machine, but the browser still sends that name. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostnameOf(host ?? '');
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]';
}

/**
 * Guards against DNS rebinding: another site can resolve its own name to the console. The browser then sends that name as
 * the host and treats both as one site. This is impossible with an IP address or a name without a dot.
 */
export function isAllowedHost(host: string | undefined, names: readonly string[]): boolean {
  const name = hostnameOf(host ?? '');
  if (name === undefined) return false;
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return isAddress || !name.includes('.') || names.some((allowed) => allowed.toLowerCase() === name);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function hostnameOf(host: string): string | undefined {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
