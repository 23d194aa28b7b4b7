import { createHmac, timingSafeEqual } from 'node:crypto';

/** RevenueCat sends one `t` and, during a rotation, up to two `v1`. */
const maxParts = 8;
const maxLength = 1_024;

export type Signature =
  { kind: 'signature'; timestamp: string; digests: readonly Buffer[] } | { kind: 'invalid'; detail: string };

/**
 * Reads `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`
 * (https://www.revenuecat.com/docs/integrations/webhooks). RevenueCat signs each attempt again, so an old
 * signature is a replay.
 */
export function parseSignature(signature: string | undefined, toleranceMs: number, nowMs: number): Signature {
  const invalid = (detail: string): Signature => ({ kind: 'invalid', detail });
  if (signature === undefined) return invalid('The request has no signature.');
  const parts =
    signature.length > maxLength ? [] : signature.split(',').map((part) => part.trim().split('='));
  if (parts.length === 0 || parts.length > maxParts) return invalid('The signature header is too long.');
  const timestamp = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) {
    return invalid('The signature has no timestamp: expected t=<seconds>,v1=<hex>.');
  }
  const offMs = nowMs - Number(timestamp) * 1_000;
  if (Math.abs(offMs) > toleranceMs) {
    return invalid(
      `The signature is ${String(Math.round(offMs / 1_000))} s old; at most ${String(toleranceMs / 1_000)} s are allowed either way. Check the clock of this machine.`,
    );
  }
  const digests = parts
    .filter(([name, value = '']) => name === 'v1' && /^[\da-f]{64}$/i.test(value))
    .map(([, value = '']) => Buffer.from(value, 'hex'));
  return { kind: 'signature', timestamp, digests };
}

/** Whether any of the digests matches the body with any of the secrets. */
export function isSigned(
  body: Buffer,
  { timestamp, digests }: Extract<Signature, { kind: 'signature' }>,
  signingSecrets: readonly string[],
): boolean {
  if (digests.length === 0) return false;
  const expected = signingSecrets.map((secret) =>
    createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest(),
  );
  // Every pair is compared, so that the duration does not reveal which one matches.
  const matches = expected.flatMap((one) => digests.map((digest) => timingSafeEqual(digest, one)));
  return matches.includes(true);
}
