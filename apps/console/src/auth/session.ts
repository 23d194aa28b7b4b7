import { createHmac } from 'node:crypto';
import { equalSecrets } from '@app/integrations';
import { z } from 'zod';

const sessionSchema = z.object({ id: z.string(), name: z.string(), expiresAtMs: z.number() });

/** A user who is signed in, until `expiresAtMs`. The operator enters the name at sign-in, for the audit log. */
export type Session = z.output<typeof sessionSchema>;

/** Encodes a session as a cookie value, signed with the console's token. It is valid across restarts until the token changes. */
export function sealSession(session: Session, token: string): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${payload}.${signatureOf(payload, token)}`;
}

/** Returns the session in a cookie, or undefined if the signature is invalid or the session has expired. */
export function openSession(cookie: string, token: string, nowMs: number): Session | undefined {
  const [payload = '', signature = ''] = cookie.split('.');
  if (!equalSecrets(signature, signatureOf(payload, token))) return undefined;
  const { data } = sessionSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return data !== undefined && data.expiresAtMs > nowMs ? data : undefined;
}

function signatureOf(payload: string, token: string): string {
  return createHmac('sha256', token).update(`console-session.${payload}`).digest('base64url');
}
