import { type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a browser says that another site asks for a change. The cookie is SameSite=Strict already; this is for what
 * that leaves open: other ports of the same site.
 */
export function isCrossSiteChange(method: string, headers: IncomingHttpHeaders): boolean {
  if (readingMethods.has(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = headers;
  return origin !== undefined && hostOf(origin) !== host;
}

/** Another site's name may be made to lead to this machine; the browser then still sends that name. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostnameOf(host ?? '');
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]';
}

/**
 * Another site may have its own name lead to the console: the browser then sends that name as the host, and counts the page
 * and the console as one site. It cannot do so with an IP address, nor with a name without a dot.
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
