import { createSecretBox, type SecretBox, type SecretBoxConfig } from '@app/integrations';
import { type RedisClient } from '@app/platform';
import { type Channel, channelSchema, versionOf } from './channel';
import { channelsKey, deliveryKey, queueKey } from './notification-keys';

/** A channel as it is stored: readable, or the reason why its secrets cannot be decrypted. */
export interface StoredChannel {
  version: string;
  /** With its secrets encrypted. Only for its other settings. */
  sealed: Channel;
  opened: { kind: 'readable'; channel: Channel } | { kind: 'unreadable'; detail: string };
}

/** The channel was changed or removed since it was read. */
export class ChannelChangedError extends Error {
  override readonly name = 'ChannelChangedError';
}

/**
 * Replaces a channel if it has not changed, and lets its next message be sent at once.
 *
 * KEYS[1]  hash of channels
 * KEYS[2]  delivery state of the channel
 * ARGV     id of the channel, expected text, new text
 * Returns  1 if it was replaced, 0 if it has another text
 */
const replace = `
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('HDEL', KEYS[2], 'attempts', 'dueAtMs')
  return 1
`;

/** Stores notification channels in Redis. Their URLs and secrets are encrypted. */
export class ChannelStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly box: SecretBox,
  ) {}

  /** Sorted by name. */
  async list(): Promise<StoredChannel[]> {
    const stored = Object.values(await this.redis.hgetall(channelsKey));
    const channels = await Promise.all(stored.map((text) => this.read(text)));
    return channels.sort((a, b) => a.sealed.name.localeCompare(b.sealed.name));
  }

  async find(id: string): Promise<StoredChannel | undefined> {
    const text = await this.redis.hget(channelsKey, id);
    return text === null ? undefined : this.read(text);
  }

  async add(channel: Channel): Promise<StoredChannel> {
    const text = await this.sealed(channel);
    await this.redis.hset(channelsKey, channel.id, text);
    return this.read(text);
  }

  /** Throws {@link ChannelChangedError} if the channel no longer has this version. */
  async change(channel: Channel, version: string): Promise<StoredChannel> {
    const before = (await this.redis.hget(channelsKey, channel.id)) ?? '';
    const text = await this.sealed(channel);
    const isReplaced =
      versionOf(before) === version &&
      (await this.redis.eval(
        replace,
        2,
        channelsKey,
        deliveryKey(channel.id),
        ...[channel.id, before, text],
      )) === 1;
    if (isReplaced) return this.read(text);
    throw new ChannelChangedError(`The channel "${channel.name}" was changed in the meantime.`);
  }

  /** Removes a channel and its waiting messages. */
  async remove(id: string): Promise<void> {
    await this.redis.hdel(channelsKey, id);
    await this.redis.del(queueKey(id), deliveryKey(id));
  }

  /** Encrypts the secrets of a channel with the first key. Throws if no key can decrypt them. */
  async reseal(id: string): Promise<void> {
    for (;;) {
      const stored = await this.find(id);
      if (stored === undefined) return;
      if (stored.opened.kind === 'unreadable') throw new Error(stored.opened.detail);
      try {
        await this.change(stored.opened.channel, stored.version);
        return;
      } catch (error) {
        if (!(error instanceof ChannelChangedError)) throw error;
      }
    }
  }

  private async read(text: string): Promise<StoredChannel> {
    const sealed = channelSchema.parse(JSON.parse(text));
    const version = versionOf(text);
    try {
      const channel = await withSecrets(sealed, (secret, field) =>
        this.box.open(secret, { projectId: ownerOf(sealed), field }),
      );
      return { version, sealed, opened: { kind: 'readable', channel } };
    } catch {
      const detail = `The URL of the channel "${sealed.name}" cannot be decrypted: add the key that encrypted it to SETTINGS_ENCRYPTION_KEY, or remove the channel and add it again.`;
      return { version, sealed, opened: { kind: 'unreadable', detail } };
    }
  }

  private async sealed(channel: Channel): Promise<string> {
    return JSON.stringify(
      await withSecrets(channel, (secret, field) =>
        this.box.seal(secret, { projectId: ownerOf(channel), field }),
      ),
    );
  }
}

/** Undefined without SETTINGS_ENCRYPTION_KEY. */
export function createChannelStore(config: SecretBoxConfig, redis: RedisClient): ChannelStore | undefined {
  const box = createSecretBox(config);
  return box && new ChannelStore(redis, box);
}

/** The secrets are authenticated with the id of their channel, so that they cannot be moved to another one. */
function ownerOf({ id }: Channel): string {
  return `notification-channel/${id}`;
}

async function withSecrets(
  channel: Channel,
  change: (secret: string, field: string) => Promise<string>,
): Promise<Channel> {
  const url = await change(channel.url, 'url');
  if (channel.kind === 'slack') return { ...channel, url };
  return { ...channel, url, secret: await change(channel.secret, 'secret') };
}
