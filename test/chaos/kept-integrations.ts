import { randomBytes } from 'node:crypto';
import {
  type IntegrationInput,
  IntegrationStore,
  SecretBox,
  WebhookCredentialsStore,
} from '@app/integrations';
import { connectRedis, createLogger, type RedisClient } from '@app/platform';
import { type Arena, type ArenaSettings, inArena } from './arena';
import { authorizationOf } from './webhook-sender';

/** Integrations of a scenario's own, with webhook credentials, kept as the console keeps them. */
export class KeptIntegrations {
  /** With this, the apps can read them. */
  readonly env: Record<string, string>;
  private readonly redis: RedisClient;
  private readonly store: IntegrationStore;
  private readonly webhooks: WebhookCredentialsStore;
  private readonly saved = new Set<string>();

  constructor(redisUrl: string) {
    const key = randomBytes(32);
    this.env = { SETTINGS_ENCRYPTION_KEY: key.toString('base64') };
    this.redis = connectRedis({ REDIS_URL: [redisUrl] }, createLogger('chaos', 'silent'));
    const box = new SecretBox([key]);
    this.store = new IntegrationStore(this.redis, box);
    this.webhooks = new WebhookCredentialsStore(this.redis, box);
  }

  async save(integration: IntegrationInput): Promise<void> {
    const { projectId } = integration;
    this.saved.add(projectId);
    await this.store.save(integration);
    await this.webhooks.createIfMissing(projectId, {
      authorizations: [authorizationOf(projectId)],
      signingSecrets: [],
    });
  }

  /** As the console removes one: its events wait in Kafka. */
  async remove(projectId: string): Promise<void> {
    await this.store.remove(projectId);
    await this.webhooks.remove(projectId);
  }

  async close(): Promise<void> {
    for (const projectId of this.saved) await this.remove(projectId);
    this.redis.disconnect();
  }
}

/** Runs a scenario with integrations of its own beside the arena's. */
export async function withIntegrations<T>(
  settings: ArenaSettings,
  env: Record<string, string>,
  run: (arena: Arena, integrations: KeptIntegrations) => Promise<T>,
): Promise<T> {
  const integrations = new KeptIntegrations(settings.redisUrl);
  try {
    return await inArena(settings, { env: { ...integrations.env, ...env } }, (arena) =>
      run(arena, integrations),
    );
  } finally {
    await integrations.close();
  }
}

export function uniqueProject(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}
