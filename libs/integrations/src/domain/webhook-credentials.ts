import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** The newest value and the one that it replaces. */
const maxValid = 2;

const maxAuthorizationLength = 1_024;

/** A header value cannot have line breaks, and servers trim the spaces around it. */
const headerValue = z
  .string()
  .max(maxAuthorizationLength)
  .regex(
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
    'An Authorization value must have only printable ASCII characters, and no spaces at its ends.',
  );

export const authorizationSchema = headerValue;
export const signingSecretSchema = z.string().trim().min(1).max(1_024);

/** What RevenueCat sends with the webhooks of one project: an Authorization value, a signature, or both. */
export const webhookCredentialsSchema = z
  .object({
    /** Accepted values of the Authorization header, the newest first. If empty, the header is not checked. */
    authorizations: z.array(authorizationSchema).max(maxValid),
    /** Accepted signing secrets, the newest first. If empty, no signature is required. */
    signingSecrets: z.array(signingSecretSchema).max(maxValid),
  })
  .refine(({ authorizations, signingSecrets }) => authorizations.length + signingSecrets.length > 0, {
    message:
      'An endpoint needs an Authorization value or a signing secret: without either, anyone could send events.',
  });

export type WebhookCredentials = z.output<typeof webhookCredentialsSchema>;

export type WebhookCredentialKind = keyof WebhookCredentials;

const fingerprintSalt = randomBytes(32).toString('base64');

/** A salted digest to compare instead of a secret. It is unpredictable, so comparing it leaks nothing through timing. */
const fingerprintOf = (secret: string): string => hash('sha256', fingerprintSalt + secret, 'base64');

/** Finds the projects of an Authorization value with one hash, whatever the number of projects. */
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

/** The webhook URLs of a project, its own first. Only the default project has a second one. */
export function webhookUrls(publicUrl: string, projectId: string, isDefault: boolean): [string, ...string[]] {
  const base = publicUrl.replace(/\/+$/, '');
  return [base + webhookPath(projectId), ...(isDefault ? [`${base}/v1/webhooks/revenuecat`] : [])];
}

/** Generates 256 random bits in the format of the example in RevenueCat's dashboard. */
export function generateAuthorization(): string {
  return `Bearer ${randomBytes(32).toString('base64url')}`;
}

/** Adds a value as the newest one. The previous one stays valid until it is retired. */
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

/** Only the previous value stays valid, for example because the newest one was lost. */
export function withoutNewest(
  credentials: WebhookCredentials,
  kind: WebhookCredentialKind,
): WebhookCredentials {
  return { ...credentials, [kind]: credentials[kind].slice(1) };
}

/** Compares digests in constant time, whatever the lengths of the secrets. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(a), digest(b));
}
