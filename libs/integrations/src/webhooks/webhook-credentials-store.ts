import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { type WebhookCredentials, webhookCredentialsSchema } from '../domain/webhook-credentials';
import { parseStored } from '../integration-store';
import { type SecretBox } from '../secret-box';

/** Hash from project id to its encrypted credentials, or to an empty string after they were removed. */
const webhooksKey = 'webhooks';

/**
 * Replaces a value if it has not changed. A missing field counts as an empty string.
 *
 * KEYS[1]  hash of credentials
 * ARGV     project id, expected value, new value
 * Returns  1 if it was replaced, 0 if it has another value
 */
const replace = `
  local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
  if current ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1
`;

const storedSchema = z.object({ authorizations: z.array(z.string()), signingSecrets: z.array(z.string()) });

/** Stores encrypted webhook credentials in Redis. */
export class WebhookCredentialsStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly box: SecretBox,
  ) {}

  /**
   * The encrypted credentials of every project; an empty string if they were removed. The text differs after every
   * change.
   */
  readAll(): Promise<Record<string, string>> {
    return this.redis.hgetall(webhooksKey);
  }

  async get(projectId: string): Promise<WebhookCredentials | undefined> {
    const text = await this.redis.hget(webhooksKey, projectId);
    return text === null || text === '' ? undefined : this.open(projectId, text);
  }

  /**
   * Replaces a project's credentials by the result of `change`, and returns the new ones. Concurrent changes are applied one
   * after another. `change` gets undefined if there are none, or if they cannot be decrypted.
   */
  async change(
    projectId: string,
    change: (current: WebhookCredentials | undefined) => WebhookCredentials,
  ): Promise<WebhookCredentials> {
    for (;;) {
      const text = (await this.redis.hget(webhooksKey, projectId)) ?? '';
      const current = text === '' ? undefined : await this.open(projectId, text).catch(() => undefined);
      const next = webhookCredentialsSchema.parse(change(current));
      if (await this.replace(projectId, text, await this.sealed(projectId, next))) return next;
    }
  }

  /** Stores credentials for a project that has none. False if it has some, even if they cannot be decrypted. */
  async createIfMissing(projectId: string, credentials: WebhookCredentials): Promise<boolean> {
    return this.replace(projectId, '', await this.sealed(projectId, credentials));
  }

  /** Encrypts the credentials with the first key. Throws if no key can decrypt them. */
  async reseal(projectId: string): Promise<void> {
    for (;;) {
      const text = (await this.redis.hget(webhooksKey, projectId)) ?? '';
      if (text === '') return;
      const sealed = await this.sealed(projectId, await this.open(projectId, text));
      if (await this.replace(projectId, text, sealed)) return;
    }
  }

  /** Removes the credentials, and records the removal: credentials that are merely missing may have been lost. */
  async remove(projectId: string): Promise<void> {
    await this.redis.hset(webhooksKey, projectId, '');
  }

  /** Throws `SecretBoxError`, or another error if the text was not written by this software. */
  async open(projectId: string, text: string): Promise<WebhookCredentials> {
    const stored = storedSchema.parse(parseStored(text));
    return webhookCredentialsSchema.parse(
      await mapSecrets(stored, (sealed, field) => this.box.open(sealed, { projectId, field })),
    );
  }

  private async sealed(projectId: string, credentials: WebhookCredentials): Promise<string> {
    return JSON.stringify(
      await mapSecrets(credentials, (value, field) => this.box.seal(value, { projectId, field })),
    );
  }

  private async replace(projectId: string, expected: string, sealed: string): Promise<boolean> {
    return (await this.redis.eval(replace, 1, webhooksKey, projectId, expected, sealed)) === 1;
  }
}

async function mapSecrets(
  { authorizations, signingSecrets }: WebhookCredentials,
  map: (value: string, field: string) => Promise<string>,
): Promise<WebhookCredentials> {
  const all = (values: string[], field: string): Promise<string[]> =>
    Promise.all(values.map((value) => map(value, field)));
  return {
    authorizations: await all(authorizations, 'webhook.authorization'),
    signingSecrets: await all(signingSecrets, 'webhook.signingSecret'),
  };
}
