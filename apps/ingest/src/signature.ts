import { createHmac } from 'node:crypto';
import { equalSecrets } from '@app/integrations';

/** RevenueCat sends one `t` and, while a secret is replaced, up to two `v1`. */
const maxParts = 8;
const maxLength = 1_024;

/** Why a signature is not accepted; undefined if it is. */
export type SignatureProblem = string | undefined;

/**
 * Checks `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`
 * (https://www.revenuecat.com/docs/integrations/webhooks). RevenueCat signs each attempt anew, so an old signature is a
 * replayed one. Any of several `v1` may match.
 *
 * @param bodies what may have been signed: the body as received and, if it was compressed, its content
 */
export function signatureProblem(
  signature: string | undefined,
  bodies: readonly Buffer[],
  signingSecrets: readonly string[],
  toleranceMs: number,
  nowMs: number,
): SignatureProblem {
  if (signature === undefined) return 'The request has no signature.';
  const parts =
    signature.length > maxLength ? [] : signature.split(',').map((part) => part.trim().split('='));
  if (parts.length === 0 || parts.length > maxParts) return 'The signature header is too long.';
  const timestamp = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return 'The signature has no timestamp: expected t=<seconds>,v1=<hex>.';
  const offMs = nowMs - Number(timestamp) * 1_000;
  if (Math.abs(offMs) > toleranceMs) {
    return `The signature is ${String(Math.round(offMs / 1_000))} s old; at most ${String(toleranceMs / 1_000)} s are allowed either way. Check the clock of this machine.`;
  }
  const given = parts.filter(([name]) => name === 'v1').map(([, value = '']) => value.toLowerCase());
  const expected = signingSecrets.flatMap((secret) =>
    bodies.map((body) => createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')),
  );
  // Every pair is compared, so that the time taken does not show which one is near.
  const matches = expected.flatMap((one) => given.map((value) => equalSecrets(value, one)));
  return matches.includes(true) ? undefined : 'The signature does not match the body and the signing secret.';
}
