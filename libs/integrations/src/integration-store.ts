import { type RedisClient } from '@app/platform';
import { type Integration, type IntegrationInput, integrationSchema } from './domain/integration';
import { type SecretBox } from './secret-box';

export const projectsKey = 'integrations';
const versionKey = 'integrations:version';
export const settingsKey = (projectId: string): string => `integration:${projectId}`;

/** Integrations in Redis, one key each. Secrets are sealed; the rest is readable. */
export class IntegrationStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly box: SecretBox,
  ) {}

  /** Changes whenever any integration does. */
  async version(): Promise<string> {
    return (await this.redis.get(versionKey)) ?? '0';
  }

  /** Throws a ZodError where the settings are not usable. */
  async save(input: IntegrationInput): Promise<Integration> {
    const integration = integrationSchema.parse(input);
    const { projectId } = integration;
    const stored = withSecrets(integration, (secret) => this.box.seal(secret, projectId));
    await this.redis.set(settingsKey(projectId), JSON.stringify(stored));
    await this.redis.sadd(projectsKey, projectId);
    await this.redis.incr(versionKey);
    return integration;
  }

  async remove(projectId: string): Promise<void> {
    await this.redis.srem(projectsKey, projectId);
    await this.redis.del(settingsKey(projectId));
    await this.redis.incr(versionKey);
  }

  /** Throws where a stored secret cannot be opened, or the settings are not usable. */
  async get(projectId: string): Promise<Integration | undefined> {
    const text = await this.redis.get(settingsKey(projectId));
    if (text === null) return undefined;
    const stored = JSON.parse(text) as Integration;
    return integrationSchema.parse(withSecrets(stored, (sealed) => this.box.open(sealed, projectId)));
  }

  async projectIds(): Promise<string[]> {
    return this.redis.smembers(projectsKey);
  }
}

function withSecrets(integration: Integration, change: (secret: string) => string): Integration {
  const { serverSecret, privacy, lookup } = integration;
  return {
    ...integration,
    serverSecret: change(serverSecret),
    privacy: { ...privacy, ...(privacy.salt !== undefined && { salt: change(privacy.salt) }) },
    ...(lookup !== undefined && { lookup: { ...lookup, apiKey: change(lookup.apiKey) } }),
  };
}
