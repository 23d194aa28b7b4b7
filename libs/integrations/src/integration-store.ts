import { hash, randomUUID } from 'node:crypto';
import { type RedisClient } from '@app/platform';
import { jsonProblem } from '@app/revenuecat';
import { z } from 'zod';
import { type Integration, type IntegrationInput, integrationSchema } from './domain/integration';
import { replaceSecrets, secretsOf } from './domain/integration-secrets';
import { type StoredIntegrations } from './domain/integration-snapshot';
import { type SecretBox, SecretBoxError } from './secret-box';

export const projectsKey = 'integrations';
/** Hash from a removed project to the partition count of its topic, which may still hold deliveries. */
export const removedKey = 'integrations:removed';
const versionKey = 'integrations:version';
export const settingsKey = (projectId: string): string => `integration:${projectId}`;

/**
 * Replaces settings if they still have the expected revision.
 *
 * KEYS[1]  settings key
 * ARGV[1]  expected revision
 * ARGV[2]  new settings
 * Returns  1 if they were replaced, 0 if they have another revision
 */
const replace = `
  local current = redis.call('GET', KEYS[1]) or ''
  if redis.sha1hex(current) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2])
  return 1
`;

/** The integration was changed, added or removed since it was read. */
export class IntegrationChangedError extends Error {
  override readonly name = 'IntegrationChangedError';
}

/** Stores integrations in Redis, one key for each. Secrets are encrypted; the other settings are not. */
export class IntegrationStore {
  /**
   * @param box undefined without SETTINGS_ENCRYPTION_KEY: then integrations can be listed and removed, but not read or
   * saved
   */
  constructor(
    private readonly redis: RedisClient,
    private readonly box: SecretBox | undefined,
  ) {}

  get hasKey(): boolean {
    return this.box !== undefined;
  }

  /** Changes with every change of an integration, even if Redis was emptied and filled again. */
  async version(): Promise<string> {
    return (await this.redis.get(versionKey)) ?? '0';
  }

  /**
   * Adds or replaces an integration. The partition count of an existing or removed integration is kept. Throws a ZodError if
   * the settings are invalid.
   *
   * @param revision revision that the input is based on; throws {@link IntegrationChangedError} if it is no longer current
   */
  async save(input: IntegrationInput, revision?: string): Promise<Integration> {
    const box = this.boxOrThrow();
    const valid = integrationSchema.parse(input);
    const { projectId } = valid;
    const integration = { ...valid, partitions: (await this.readPartitions(projectId)) ?? valid.partitions };
    const stored = await changeSecrets(integration, (secret, field) =>
      box.seal(secret, { projectId, field }),
    );
    // In this order, an interruption cannot leave a listed project without settings, or a saved one removed.
    await this.set(projectId, JSON.stringify(stored), revision);
    await this.redis.sadd(projectsKey, projectId);
    await this.redis.hdel(removedKey, projectId);
    await this.redis.set(versionKey, randomUUID());
    return integration;
  }

  /** Removes an integration, and records the removal: a project that is merely missing may have been lost. */
  async remove(projectId: string): Promise<void> {
    const partitions = (await this.readPartitions(projectId)) ?? '';
    await this.redis.hset(removedKey, projectId, partitions);
    await this.redis.srem(projectsKey, projectId);
    await this.redis.del(settingsKey(projectId));
    await this.redis.set(versionKey, randomUUID());
  }

  /** Encrypts the secrets with the first key. Throws if no key can decrypt them. */
  async reseal(projectId: string): Promise<void> {
    for (;;) {
      const revision = await this.revision(projectId);
      const integration = await this.get(projectId);
      if (integration === undefined) return;
      try {
        await this.save(integration, revision);
        return;
      } catch (error) {
        if (!(error instanceof IntegrationChangedError)) throw error;
      }
    }
  }

  /** Changes whenever the integration is added, saved or removed. Read it before the integration itself. */
  async revision(projectId: string): Promise<string> {
    return hash('sha1', (await this.redis.get(settingsKey(projectId))) ?? '');
  }

  /** Undefined if there is no integration. Throws if its settings cannot be read, with the reason in the message. */
  async get(projectId: string): Promise<Integration | undefined> {
    const text = await this.redis.get(settingsKey(projectId));
    return text === null ? undefined : this.parse(projectId, text);
  }

  /**
   * Reads the integration without decrypting its secrets. Undefined if there is none, or if its settings are invalid
   * for this version.
   */
  async getSealed(projectId: string): Promise<Integration | undefined> {
    return integrationSchema.safeParse(await this.getRaw(projectId)).data;
  }

  /** Reads the settings as stored, valid or not, with encrypted secrets. Undefined if there are none, or if they are not JSON. */
  async getRaw(projectId: string): Promise<unknown> {
    const text = await this.redis.get(settingsKey(projectId));
    try {
      return JSON.parse(text ?? '');
    } catch {
      return undefined;
    }
  }

  async projectIds(): Promise<string[]> {
    return this.redis.smembers(projectsKey);
  }

  /** Reads all integrations and removals. Throws if Redis is unavailable. */
  async readAll(): Promise<StoredIntegrations> {
    const [projectIds, removed] = await Promise.all([this.projectIds(), this.redis.hkeys(removedKey)]);
    const listed = await Promise.all(
      projectIds.map(async (projectId) => {
        const text = await this.redis.get(settingsKey(projectId));
        return [projectId, await this.readable(projectId, text)] as const;
      }),
    );
    return { listed: new Map(listed), removed: new Set(removed) };
  }

  private async set(projectId: string, text: string, revision: string | undefined): Promise<void> {
    if (revision === undefined) {
      await this.redis.set(settingsKey(projectId), text);
      return;
    }
    if ((await this.redis.eval(replace, 1, settingsKey(projectId), revision, text)) === 1) return;
    throw new IntegrationChangedError(
      `The integration of project "${projectId}" was changed in the meantime.`,
    );
  }

  private async readable(
    projectId: string,
    text: string | null,
  ): Promise<Integration | { unreadable: string }> {
    if (text === null) return { unreadable: 'Redis lists the integration, but its settings are missing.' };
    try {
      return await this.parse(projectId, text);
    } catch (error) {
      return { unreadable: error instanceof Error ? error.message : String(error) };
    }
  }

  private async parse(projectId: string, text: string): Promise<Integration> {
    const box = this.boxOrThrow();
    const stored = Object(parseStored(text)) as object;
    const opened = await changeSecrets(stored, (sealed, field) => box.open(sealed, { projectId, field }));
    const result = integrationSchema.safeParse(opened);
    if (result.success) return result.data;
    throw new Error(`The stored settings are invalid for this version:\n${z.prettifyError(result.error)}`);
  }

  /** Undefined for a project that never had an integration. */
  private async readPartitions(projectId: string): Promise<number | undefined> {
    const text = await this.redis.get(settingsKey(projectId));
    const count = text === null ? await this.redis.hget(removedKey, projectId) : partitionsIn(text);
    return count === null || count === '' ? undefined : Number(count);
  }

  private boxOrThrow(): SecretBox {
    if (this.box !== undefined) return this.box;
    throw new SecretBoxError(
      'SETTINGS_ENCRYPTION_KEY is not set. It is needed to decrypt the integrations in Redis.',
    );
  }
}

/** Unlike `JSON.parse`, throws an error that does not quote the text, because errors are logged and shown. */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The value stored in Redis is not JSON: ${jsonProblem(text) ?? 'it cannot be read'}.`);
  }
}

/** Reads the partition count, even from settings that are otherwise invalid. Settings without a count have the default. */
export function partitionsIn(text: string): string | null {
  try {
    return String(
      z.object({ partitions: integrationSchema.shape.partitions }).parse(JSON.parse(text)).partitions,
    );
  } catch {
    return null;
  }
}

async function changeSecrets<T extends object>(
  settings: T,
  change: (secret: string, field: string) => Promise<string>,
): Promise<T> {
  const changed = [...secretsOf(settings)].map(
    async ([field, secret]) => [field, await change(secret, field)] as const,
  );
  return replaceSecrets(settings, new Map(await Promise.all(changed)));
}
