import { randomBytes } from 'node:crypto';
import { connectRedis, type RedisClient, readConfig } from '@app/platform';
import { silentLogger } from '@app/testing';
import { startRedis, startRedisCluster, until } from '@tools/stack';
import { Cluster, type Redis } from 'ioredis';
import { z } from 'zod';
import { createRegistry } from './from-settings';
import { integrationConfig } from './integration-config';
import { type IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { SecretBox } from './secret-box';

describe.each(['one Redis', 'a Redis Cluster'])('integrations in %s', (kind) => {
  const key = randomBytes(32);
  let stop: () => Promise<void>;
  let redis: RedisClient;
  let store: IntegrationStore;
  const registries: IntegrationRegistry[] = [];

  async function aRegistry(env: NodeJS.ProcessEnv = {}): Promise<IntegrationRegistry> {
    const config = readConfig(z.object(integrationConfig), {
      SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
      ...env,
    });
    const registry = createRegistry(config, redis, silentLogger);
    registries.push(registry);
    await registry.start();
    return registry;
  }

  const within2s = (check: () => void): Promise<void> =>
    until(
      () => {
        check();
        return Promise.resolve();
      },
      { timeoutMs: 2_000 },
    );

  const nodes = (): Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis]);

  beforeAll(async () => {
    let urls: string[];
    // A Redis of its own, because all integrations share keys.
    if (kind === 'one Redis') {
      const own = await startRedis();
      stop = own.stop;
      urls = [own.url];
    } else {
      const cluster = await startRedisCluster();
      stop = cluster.stop;
      urls = cluster.nodes.map((node) => `redis://${node}`);
    }
    redis = connectRedis({ REDIS_URL: urls }, silentLogger);
    store = new IntegrationStore(redis, new SecretBox([key]));
  }, 90_000);

  beforeEach(async () => {
    await Promise.all(nodes().map((node) => node.flushall()));
  });

  afterEach(() => {
    for (const registry of registries.splice(0)) registry.stop();
  });

  afterAll(async () => {
    redis.disconnect();
    await stop();
  });

  it('are seen by every app within two seconds: new, changed, removed', async () => {
    const [one, other] = [await aRegistry(), await aRegistry()];
    expect(one.problem).toContain('No integration yet');
    const waiting = other.whenAny(new AbortController().signal);
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    await within2s(() => {
      for (const registry of [one, other]) expect(registry.get('shop')?.format).toBe('revenuecat');
    });
    expect(await waiting).toBe(true);
    await store.save({ projectId: 'shop', serverSecret: 'secret-2', format: 'log_event' });
    await within2s(() => {
      for (const registry of [one, other]) {
        expect(registry.get('shop')).toMatchObject({ format: 'log_event', serverSecret: 'secret-2' });
      }
    });
    await store.remove('shop');
    await within2s(() => {
      for (const registry of [one, other]) expect(registry.all()).toEqual([]);
    });
  });

  it('have encrypted secrets', async () => {
    await store.save({
      projectId: 'shop',
      serverSecret: 'server-secret',
      privacy: { salt: 'a salt of 16 chars' },
      lookup: { apiKey: 'sk_secret', revenueCatProjectId: 'proj1' },
    });
    const stored = (await redis.get('integration:shop')) ?? '';
    expect(stored).toContain('proj1');
    for (const secret of ['server-secret', 'a salt of', 'sk_secret']) expect(stored).not.toContain(secret);
    expect(await store.get('shop')).toMatchObject({
      serverSecret: 'server-secret',
      privacy: { salt: 'a salt of 16 chars' },
      lookup: { apiKey: 'sk_secret' },
    });
  });

  it('that cannot be decrypted are unreadable and do not affect others, and readiness reports the reason', async () => {
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    const wrongKey = { SETTINGS_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    const registry = await aRegistry(wrongKey);
    expect(registry.all()).toEqual([]);
    expect(registry.projectIds()).toEqual(['shop']);
    expect(registry.find('shop')).toMatchObject({
      kind: 'unreadable',
      detail: expect.stringContaining('SETTINGS_ENCRYPTION_KEY') as string,
    });
    expect(registry.problem).toMatch(/"shop" cannot be read: .*SETTINGS_ENCRYPTION_KEY/);
    const withOwn = await aRegistry({ ...wrongKey, PROJECT_ID: 'own', STATSIG_SERVER_SECRET: 'secret-9' });
    expect(withOwn.all().map(({ projectId }) => projectId)).toEqual(['own']);
    expect(withOwn.problem).toBeUndefined();
  });

  it('are unreadable without a key, even if they take precedence over the environment', async () => {
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    await store.save({ projectId: 'default', serverSecret: 'secret-2' });
    const alone = await aRegistry({ SETTINGS_ENCRYPTION_KEY: '', STATSIG_SERVER_SECRET: 'secret-1' });
    for (const projectId of ['shop', 'default']) {
      expect(alone.find(projectId)).toMatchObject({
        kind: 'unreadable',
        detail: expect.stringContaining('SETTINGS_ENCRYPTION_KEY is not set') as string,
      });
    }
    const both = await aRegistry({ STATSIG_SERVER_SECRET: 'secret-1' });
    expect(both.get('default')?.serverSecret).toBe('secret-2');
  });

  it.each([
    ['of a newer version', (text: string) => text.replace('"revenuecat"', '"a_newer_format"'), 'format'],
    ['that are not JSON', () => '{', 'JSON'],
    ['without a secret', () => '{"privacy":{}}', 'serverSecret'],
  ])('with settings %s are unreadable', async (_what, spoil, said) => {
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    await redis.set('integration:shop', spoil((await redis.get('integration:shop')) ?? ''));
    expect((await aRegistry()).find('shop')).toMatchObject({
      kind: 'unreadable',
      detail: expect.stringContaining(said) as string,
    });
  });

  it('stay ready when Redis is emptied, and are unreadable in a process that starts then', async () => {
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    const before = await aRegistry();
    await Promise.all(nodes().map((node) => node.flushall()));
    const after = await aRegistry();
    expect(after.find('shop')).toMatchObject({ kind: 'unreadable' });
    // Once a change was seen, Redis has been read again.
    await store.save({ projectId: 'other', serverSecret: 'secret-2' });
    await within2s(() => {
      expect(before.get('other')).toBeDefined();
    });
    expect(before.get('shop')?.serverSecret).toBe('secret-1');
  });

  it('are absent after they were removed, and every change reports its projects', async () => {
    const registry = await aRegistry();
    const changes: string[][] = [];
    registry.onChange((projectIds) => changes.push([...projectIds]));
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    await within2s(() => {
      expect(changes).toEqual([['shop']]);
    });
    await store.save({ projectId: 'other', serverSecret: 'secret-1' });
    await within2s(() => {
      expect(changes).toEqual([['shop'], ['other']]);
    });
    await store.remove('shop');
    await within2s(() => {
      expect(changes).toEqual([['shop'], ['other'], ['shop']]);
    });
    expect(registry.find('shop')).toEqual({ kind: 'absent' });
    expect((await aRegistry()).find('shop')).toEqual({ kind: 'absent' });
  });

  it('keep the partition count that they were created with, even if they are removed and added again', async () => {
    const shop = { projectId: 'shop', serverSecret: 'secret-1' };
    expect(await store.save({ ...shop, partitions: 3 })).toMatchObject({ partitions: 3 });
    expect(await store.save({ ...shop, partitions: 24 })).toMatchObject({ partitions: 3 });
    await store.remove('shop');
    await store.remove('shop');
    expect(await store.save({ ...shop, partitions: 24 })).toMatchObject({ partitions: 3 });
    const withOtherKey = new IntegrationStore(redis, new SecretBox([randomBytes(32)]));
    expect(await withOtherKey.save({ ...shop, partitions: 24 })).toMatchObject({ partitions: 3 });
  });

  it('are read again if the first attempt fails', async () => {
    const own = await startRedis();
    const late = connectRedis({ REDIS_URL: [own.url] }, silentLogger);
    try {
      await late.set('integrations', 'of another type');
      const ownLogger = silentLogger.child({});
      const warn = jest.spyOn(ownLogger, 'warn');
      const registry = createRegistry(readConfig(z.object(integrationConfig), {}), late, ownLogger);
      registries.push(registry);
      const started = registry.start();
      await within2s(() => {
        expect(warn).toHaveBeenCalled();
      });
      await late.del('integrations');
      await started;
    } finally {
      late.disconnect();
      await own.stop();
    }
  });

  it('are no longer waited for when the process shuts down', async () => {
    const draining = new AbortController();
    const waiting = (await aRegistry()).whenAny(draining.signal);
    draining.abort();
    expect(await waiting).toBe(false);
  });
});
