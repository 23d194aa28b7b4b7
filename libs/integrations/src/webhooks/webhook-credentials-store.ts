import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { type WebhookCredentials, webhookCredentialsSchema } from '../domain/webhook-credentials';
import { parseStored } from '../integration-store';
import { type SecretBox } from '../secret-box';

/** Hash from project id to its sealed credentials, or to an empty text once they were removed. */
export const webhooksKey = 'webhooks';

/** Sets the field if it still has the value that was read; an empty text stands for no field. Returns 1 if it was set. */
const replace = `
  local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
  if current ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1
`;

const storedSchema = z.object({ authorizations: z.array(z.string()), signingSecrets: z.array(z.string()) });

/** Webhook credentials in Redis, sealed. */
export class WebhookCredentialsStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly box: SecretBox,
  ) {}

  /** The sealed credentials of every project, as text that changes whenever they do; an empty text if they were removed. */
  readAll(): Promise<Record<string, string>> {
    return this.redis.hgetall(webhooksKey);
  }

  async get(projectId: string): Promise<WebhookCredentials | undefined> {
    const text = await this.redis.hget(webhooksKey, projectId);
    return text === null || text === '' ? undefined : this.open(projectId, text);
  }

  /**
   * Replaces a project's credentials by what `change` makes of them, and returns the new ones. Changes made at the same time
   * are applied one after the other. `change` gets undefined if there are none, or if they cannot be opened.
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

  /** Stores credentials for a project that has none. False if it has some, even if they cannot be opened. */
  async createIfMissing(projectId: string, credentials: WebhookCredentials): Promise<boolean> {
    return this.replace(projectId, '', await this.sealed(projectId, credentials));
  }

  /** Seals the credentials anew, with the first key. Throws if they cannot be opened with any. */
  async reseal(projectId: string): Promise<void> {
    for (;;) {
      const text = (await this.redis.hget(webhooksKey, projectId)) ?? '';
      if (text === '') return;
      const sealed = await this.sealed(projectId, await this.open(projectId, text));
      if (await this.replace(projectId, text, sealed)) return;
    }
  }

  /** Remembers that they were removed: credentials that are merely missing may have been lost with Redis. */
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
