import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const sessionSchema = z.object({ id: z.string(), name: z.string(), expiresAtMs: z.number() });

/** Who is signed in, and until when. The name is what the operator entered, for the audit log. */
export type Session = z.output<typeof sessionSchema>;

/** Compares in constant time, whatever the lengths: what is compared are digests. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A session as a cookie's value, signed with the console's token: it outlives a restart, and dies with the token. */
export function sealSession(session: Session, token: string): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${payload}.${signatureOf(payload, token)}`;
}

/** The session that a cookie holds; undefined if it is not ours, altered or over. */
export function openSession(cookie: string, token: string, nowMs: number): Session | undefined {
  const [payload = '', signature = ''] = cookie.split('.');
  if (!equalSecrets(signature, signatureOf(payload, token))) return undefined;
  const { data } = sessionSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return data !== undefined && data.expiresAtMs > nowMs ? data : undefined;
}

function signatureOf(payload: string, token: string): string {
  return createHmac('sha256', token).update(`console-session.${payload}`).digest('base64url');
}
