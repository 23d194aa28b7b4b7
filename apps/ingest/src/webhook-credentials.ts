import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface WebhookCredentials {
  /** Accepted values of the Authorization header; empty where it is not asked for. */
  authorizations: readonly string[];
  /** Secrets of which one must have signed the body; empty where no signature is asked for. */
  signingSecrets: readonly string[];
  toleranceMs: number;
}

/** Compares in constant time, whatever the lengths: what is compared are digests. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** RevenueCat sends the value from its dashboard verbatim (https://www.revenuecat.com/docs/integrations/webhooks). */
export function isAuthorized({ authorizations }: WebhookCredentials, given: string | undefined): boolean {
  if (authorizations.length === 0) return true;
  // Every value is compared, so that the time taken does not tell which one is near.
  return authorizations.map((value) => equal(value, given ?? '')).includes(true) && given !== undefined;
}

/**
 * `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`, made anew at each try by RevenueCat, so that an old signature
 * is a replayed one. While secrets change there may be several `v1`: one must match.
 */
export function isSigned(
  { signingSecrets, toleranceMs }: WebhookCredentials,
  signature: string | undefined,
  body: Buffer,
  nowMs: number,
): boolean {
  if (signingSecrets.length === 0) return true;
  const parts = (signature ?? '').split(',').map((part) => part.trim().split('='));
  const timestamp = parts.find(([name]) => name === 't')?.[1] ?? '';
  const given = parts.filter(([name]) => name === 'v1').map(([, value]) => value ?? '');
  const isFresh = /^\d+$/.test(timestamp) && Math.abs(nowMs - Number(timestamp) * 1_000) <= toleranceMs;
  const matches = signingSecrets.flatMap((secret) => {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    return given.map((value) => equal(value.toLowerCase(), expected));
  });
  return isFresh && matches.includes(true);
}
