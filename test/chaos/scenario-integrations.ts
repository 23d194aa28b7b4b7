import { randomBytes } from 'node:crypto';
import {
  type IntegrationInput,
  IntegrationStore,
  SecretBox,
  WebhookCredentialsStore,
} from '@app/integrations';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type ChaosPipeline, type ChaosSettings, withPipeline } from './chaos-pipeline';
import { authorizationOf } from './webhook-sender';

/** Integrations of one scenario with their webhook credentials, stored like those of the console. */
class ScenarioIntegrations {
  /** Settings that let the apps read the integrations. */
  readonly env: Record<string, string>;
  private readonly redis: RedisClient;
  private readonly store: IntegrationStore;
  private readonly webhooks: WebhookCredentialsStore;
  private readonly saved = new Set<string>();

  constructor(redisUrl: string) {
    const key = randomBytes(32);
    this.env = { SETTINGS_ENCRYPTION_KEY: key.toString('base64') };
    this.redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
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

  /** Removes an integration as the console does; its events wait in Kafka. */
  async remove(projectId: string): Promise<void> {
    await this.store.remove(projectId);
    await this.webhooks.remove(projectId);
  }

  async close(): Promise<void> {
    for (const projectId of this.saved) await this.remove(projectId);
    this.redis.disconnect();
  }
}

/** Runs a scenario with further integrations beside the default one. */
export async function withIntegrations<T>(
  settings: ChaosSettings,
  env: Record<string, string>,
  run: (pipeline: ChaosPipeline, integrations: ScenarioIntegrations) => Promise<T>,
): Promise<T> {
  const integrations = new ScenarioIntegrations(settings.redisUrl);
  try {
    return await withPipeline(settings, { env: { ...integrations.env, ...env } }, (pipeline) =>
      run(pipeline, integrations),
    );
  } finally {
    await integrations.close();
  }
}

export function uniqueProject(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}
