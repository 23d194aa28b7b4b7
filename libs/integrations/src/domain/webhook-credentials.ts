import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** The value while it is replaced, and the one that it replaces. */
const maxValid = 2;

const maxAuthorizationLength = 1_024;

/** A header value may have no line breaks, and servers trim the spaces around it. */
const headerValue = z
  .string()
  .max(maxAuthorizationLength)
  .regex(
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    'An Authorization value has printable ASCII characters, and no spaces at its ends.',
  );

export const authorizationSchema = headerValue;
export const signingSecretSchema = z.string().trim().min(1).max(1_024);

/** What RevenueCat sends with the webhooks of one project: an Authorization value, a signature, or both. */
export const webhookCredentialsSchema = z
  .object({
    /** Accepted values of the Authorization header, the newest first. If empty, the header is not checked. */
    authorizations: z.array(authorizationSchema).max(maxValid),
    /** Secrets of which one must have signed the body, the newest first. If empty, no signature is needed. */
    signingSecrets: z.array(signingSecretSchema).max(maxValid),
  })
  .refine(({ authorizations, signingSecrets }) => authorizations.length + signingSecrets.length > 0, {
    message:
      'An endpoint needs an Authorization value or a signing secret: without either, anyone could send events.',
  });

export type WebhookCredentials = z.output<typeof webhookCredentialsSchema>;

export type WebhookCredentialKind = keyof WebhookCredentials;

const fingerprintSalt = randomBytes(32).toString('base64');

/** A digest that is compared in place of a secret. Nobody can predict it, so the time of a comparison shows nothing. */
const fingerprintOf = (secret: string): string => hash('sha256', fingerprintSalt + secret, 'base64');

/** Finds the projects of an Authorization value at the cost of one hash, however many projects there are. */
export class AuthorizationIndex {
  private readonly projects = new Map<string, string[]>();

  constructor(credentials: Iterable<readonly [projectId: string, WebhookCredentials]>) {
    for (const [projectId, { authorizations }] of credentials) {
      for (const value of authorizations) {
        const fingerprint = fingerprintOf(value);
        this.projects.set(fingerprint, [...(this.projects.get(fingerprint) ?? []), projectId]);
      }
    }
  }

  projectsOf(authorization: string): readonly string[] {
    if (authorization.length > maxAuthorizationLength) return [];
    return this.projects.get(fingerprintOf(authorization)) ?? [];
  }
}

/** Path of a project's webhook endpoint. */
export const webhookPath = (projectId: string): string => `/v1/projects/${projectId}/webhooks/revenuecat`;

/** 256 random bits, in the form that RevenueCat's dashboard has in its example. */
export function generateAuthorization(): string {
  return `Bearer ${randomBytes(32).toString('base64url')}`;
}

/** The new value is valid from now on, and the one before it until it is retired. */
export function withNewest(
  credentials: WebhookCredentials,
  kind: WebhookCredentialKind,
  value: string,
): WebhookCredentials {
  const others = credentials[kind].filter((one) => one !== value);
  return webhookCredentialsSchema.parse({ ...credentials, [kind]: [value, ...others].slice(0, maxValid) });
}

/** Only the newest value stays valid. */
export function withoutPrevious(
  credentials: WebhookCredentials,
  kind: WebhookCredentialKind,
): WebhookCredentials {
  return { ...credentials, [kind]: credentials[kind].slice(0, 1) };
}

/** Only the value before the newest stays valid: the newest one was never used, or is lost. */
export function withoutNewest(
  credentials: WebhookCredentials,
  kind: WebhookCredentialKind,
): WebhookCredentials {
  return { ...credentials, [kind]: credentials[kind].slice(1) };
}

/** Compares in constant time, whatever the lengths: what is compared are digests. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(a), digest(b));
}
