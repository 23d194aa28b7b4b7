import { type IncomingHttpHeaders } from 'node:http';
import { isAllowedHost, isCrossSiteChange, isLoopbackHost } from './request-origin';
import { equalSecrets, openSession, type Session } from './session';

export const sessionCookie = 'console_session';

export interface AccessRequest {
  method: string;
  headers: IncomingHttpHeaders;
  cookies: Readonly<Record<string, string | undefined>>;
}

export interface AccessRules {
  /** Undefined: whoever is on this machine has access. */
  token: string | undefined;
  /** Names of the console, beside those that no other site can have. */
  hosts: readonly string[];
  isSignedOut: (session: Session) => boolean;
}

export type Access =
  | { kind: 'granted'; name: string; session?: Session }
  | {
      kind: 'not_signed_in';
      /** Something that is not the token was sent as the token. */ isWrongToken?: true;
    }
  | { kind: 'refused'; detail: string };

/**
 * Who may use the API: whoever has a session, whoever sends the token itself (programs), and, if there is no token, whoever
 * is on this machine.
 */
export function accessOf(request: AccessRequest, rules: AccessRules, nowMs: number): Access {
  const { method, headers, cookies } = request;
  const { token, hosts, isSignedOut } = rules;
  if (isCrossSiteChange(method, headers)) {
    return { kind: 'refused', detail: 'Changes are accepted from the console’s own pages only.' };
  }
  if (token === undefined) {
    return isLoopbackHost(headers.host)
      ? { kind: 'granted', name: 'this machine' }
      : { kind: 'refused', detail: 'Without CONSOLE_TOKEN the console responds to localhost only.' };
  }
  if (!isAllowedHost(headers.host, hosts)) {
    return {
      kind: 'refused',
      detail:
        'The console does not respond to this host name. Add it to CONSOLE_HOSTS if it is the console’s.',
    };
  }
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    return equalSecrets(bearer, token)
      ? { kind: 'granted', name: 'token' }
      : { kind: 'not_signed_in', isWrongToken: true };
  }
  const cookie = cookies[sessionCookie];
  const session = cookie === undefined ? undefined : openSession(cookie, token, nowMs);
  if (session === undefined || isSignedOut(session)) return { kind: 'not_signed_in' };
  return { kind: 'granted', name: session.name, session };
}
