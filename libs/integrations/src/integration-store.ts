import { type RedisClient } from '@app/platform';
import { type Integration, type IntegrationInput, integrationSchema } from './domain/integration';
import { type SecretBox } from './secret-box';

const projectsKey = 'integrations';
const versionKey = 'integrations:version';
const settingsKey = (projectId: string): string => `integration:${projectId}`;

/** Integrations in Redis, one key each. The server secret and the privacy salt are sealed; the rest is readable. */
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
    const { projectId, serverSecret, privacy } = integration;
    const stored = {
      ...integration,
      serverSecret: this.box.seal(serverSecret, projectId),
      privacy: {
        ...privacy,
        ...(privacy.salt !== undefined && { salt: this.box.seal(privacy.salt, projectId) }),
      },
    };
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

  /** Throws where a stored secret cannot be opened. */
  async get(projectId: string): Promise<Integration | undefined> {
    const text = await this.redis.get(settingsKey(projectId));
    if (text === null) return undefined;
    const stored = JSON.parse(text) as Integration;
    const { salt } = stored.privacy;
    return integrationSchema.parse({
      ...stored,
      serverSecret: this.box.open(stored.serverSecret, projectId),
      privacy: { ...stored.privacy, ...(salt !== undefined && { salt: this.box.open(salt, projectId) }) },
    });
  }

  async projectIds(): Promise<string[]> {
    return this.redis.smembers(projectsKey);
  }
}
