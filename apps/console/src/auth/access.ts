import { type IncomingHttpHeaders } from 'node:http';
import { equalSecrets } from '@app/integrations';
import { isAllowedHost, isCrossSiteChange, isLoopbackHost } from './request-origin';
import { openSession, type Session } from './session';

export const sessionCookie = 'console_session';

export interface AccessRequest {
  method: string;
  headers: IncomingHttpHeaders;
  cookies: Readonly<Record<string, string | undefined>>;
}

export interface AccessRules {
  /** If undefined, all users of this machine have access. */
  token: string | undefined;
  isSignedOut: (session: Session) => boolean;
}

export type Access =
  | { kind: 'granted'; name: string; session?: Session }
  | {
      kind: 'not_signed_in';
      /** The request contains a bearer token that is not the console's. */ isWrongToken?: true;
    }
  | { kind: 'rejected'; detail: string };

export interface HostRules {
  token: string | undefined;
  /** Host names of the console, in addition to those that no other site can have. */
  hosts: readonly string[];
}

/** Returns why the console does not respond to this host name, or undefined if it does. Applies to pages and API. */
export function hostProblem(host: string | undefined, { token, hosts }: HostRules): string | undefined {
  if (token === undefined) {
    return isLoopbackHost(host)
      ? undefined
      : 'Without CONSOLE_TOKEN, the console responds to localhost only. Open it there, or set CONSOLE_TOKEN.';
  }
  return isAllowedHost(host, hosts)
    ? undefined
    : 'The console does not respond to this host name. If it is a name of the console, add it to CONSOLE_HOSTS.';
}

/**
 * Decides who may use the API, after the host name was checked: users with a session, API clients that send the token, and, if no token is set, all users of
 * this machine.
 */
export function accessOf(request: AccessRequest, rules: AccessRules, nowMs: number): Access {
  const { method, headers, cookies } = request;
  const { token, isSignedOut } = rules;
  if (isCrossSiteChange(method, headers)) {
    return { kind: 'rejected', detail: "Changes are accepted from the console's own pages only." };
  }
  if (token === undefined) return { kind: 'granted', name: 'this machine' };
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
