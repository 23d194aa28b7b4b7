import { type IncomingHttpHeaders } from 'node:http';

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

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function hostnameOf(host: string): string | undefined {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
