import { randomBytes } from 'node:crypto';
import { connectRedis, createLogger, type RedisClient, readConfig } from '@app/platform';
import { startRedis, startRedisCluster, until } from '@tools/stack';
import { z } from 'zod';
import { createRegistry } from './create-registry';
import { integrationConfig } from './integration-config';
import { type IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { SecretBox } from './secret-box';

const logger = createLogger('test', 'silent');

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
    const registry = createRegistry(config, redis, logger);
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

  beforeAll(async () => {
    let urls: string[];
    // Of its own, since integrations are not kept apart by project.
    if (kind === 'one Redis') {
      const own = await startRedis();
      stop = own.stop;
      urls = [own.url];
    } else {
      const cluster = await startRedisCluster();
      stop = cluster.stop;
      urls = cluster.nodes.map((node) => `redis://${node}`);
    }
    redis = connectRedis({ REDIS_URL: urls }, logger);
    store = new IntegrationStore(redis, new SecretBox(key));
  }, 90_000);

  beforeEach(async () => {
    for (const projectId of await store.projectIds()) await store.remove(projectId);
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

  it('keep their secrets sealed', async () => {
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

  it('that cannot be opened leave the others in force, and readiness says why', async () => {
    await store.save({ projectId: 'shop', serverSecret: 'secret-1' });
    const wrongKey = { SETTINGS_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    const registry = await aRegistry(wrongKey);
    expect(registry.all()).toEqual([]);
    expect(registry.problem).toMatch(/"shop" cannot be used: .*SETTINGS_ENCRYPTION_KEY/);
    const withOwn = await aRegistry({ ...wrongKey, PROJECT_ID: 'own', STATSIG_SERVER_SECRET: 'secret-9' });
    expect(withOwn.all().map(({ projectId }) => projectId)).toEqual(['own']);
    expect(withOwn.problem).toBeUndefined();
  });

  it('from the environment alone need no Redis; one in Redis goes before it', async () => {
    const alone = await aRegistry({ SETTINGS_ENCRYPTION_KEY: '', STATSIG_SERVER_SECRET: 'secret-1' });
    await store.save({ projectId: 'default', serverSecret: 'secret-2' });
    const both = await aRegistry({ STATSIG_SERVER_SECRET: 'secret-1' });
    expect(alone.get('default')?.serverSecret).toBe('secret-1');
    expect(both.get('default')?.serverSecret).toBe('secret-2');
  });

  it('stop being waited for when the process drains', async () => {
    const draining = new AbortController();
    const waiting = (await aRegistry()).whenAny(draining.signal);
    draining.abort();
    expect(await waiting).toBe(false);
  });
});
