import { type IncomingHttpHeaders } from 'node:http';
import { isCrossSiteChange, isLoopbackHost } from './request-origin';
import { equalSecrets, openSession } from './session';

export const sessionCookie = 'console_session';

export interface AccessRequest {
  method: string;
  headers: IncomingHttpHeaders;
  cookies: Readonly<Record<string, string | undefined>>;
}

export type Access =
  { kind: 'granted'; name: string } | { kind: 'not_signed_in' } | { kind: 'refused'; detail: string };

/**
 * Who may use the API: whoever has a session, whoever sends the token itself (programs), and, where there is no token,
 * whoever is on this machine.
 */
export function accessOf(request: AccessRequest, token: string | undefined, nowMs: number): Access {
  const { method, headers, cookies } = request;
  if (isCrossSiteChange(method, headers)) {
    return { kind: 'refused', detail: 'Changes are taken from the console’s own pages only.' };
  }
  if (token === undefined) {
    return isLoopbackHost(headers.host)
      ? { kind: 'granted', name: 'this machine' }
      : { kind: 'refused', detail: 'Without CONSOLE_TOKEN the console answers to localhost only.' };
  }
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    return equalSecrets(bearer, token) ? { kind: 'granted', name: 'token' } : { kind: 'not_signed_in' };
  }
  const cookie = cookies[sessionCookie];
  const session = cookie === undefined ? undefined : openSession(cookie, token, nowMs);
  return session === undefined ? { kind: 'not_signed_in' } : { kind: 'granted', name: session.name };
}
