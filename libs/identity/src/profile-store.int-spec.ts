import { connectRedis, createLogger, type RedisClient } from '@app/platform';
import { type JsonObject } from '@app/revenuecat';
import { type RedisCluster, startRedisCluster } from '@tools/stack';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { maxAliases } from './domain/bounds';
import { type Observation, observe } from './domain/observation';
import { nobody, type Profile } from './domain/profile';
import { forgetCustomer } from './profile-eraser';
import { ProfileStore } from './profile-store';

const day = 86_400_000;
const logger = createLogger('test', 'silent');

const event = (fields: JsonObject, type = 'RENEWAL'): Observation[] =>
  observe({ id: 'e', type, fields: { event_timestamp_ms: 1_700_000_000_000, ...fields } });

let projects = 0;
const newProject = (): string => `p${process.pid}-${++projects}`;

async function learn(
  store: ProfileStore,
  projectId: string,
  observations: Observation[],
): Promise<Profile[]> {
  return store.join(projectId, observations, await store.find(projectId, observations));
}

async function known(store: ProfileStore, projectId: string, id: string): Promise<Profile> {
  const [profile] = await learn(store, projectId, [{ ids: [id], learned: nobody }]);
  return profile ?? nobody;
}

describe.each(['one Redis', 'a Redis Cluster of three masters'])('the profile store on %s', (kind) => {
  let cluster: RedisCluster | undefined;
  let urls: string[];
  let redis: RedisClient;
  let other: RedisClient;
  let store: ProfileStore;
  let otherMapper: ProfileStore;

  beforeAll(async () => {
    if (kind !== 'one Redis') cluster = await startRedisCluster();
    urls = cluster?.nodes.map((node) => `redis://${node}`) ?? [process.env['REDIS_URL'] ?? ''];
    redis = connectRedis({ REDIS_URL: urls }, logger);
    other = connectRedis({ REDIS_URL: urls }, logger);
    store = new ProfileStore(redis, { ttlMs: 400 * day });
    otherMapper = new ProfileStore(other, { ttlMs: 400 * day });
  }, 90_000);

  afterAll(async () => {
    redis.disconnect();
    other.disconnect();
    await cluster?.stop();
  });

  it('knows a customer again by any id', async () => {
    const project = newProject();
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    await learn(
      store,
      project,
      event({ app_user_id: 'u', original_app_user_id: 'o', aliases: ['a'], ...attributes }),
    );
    for (const id of ['u', 'o', 'a']) {
      const profile = await known(store, project, id);
      expect([...profile.aliases].sort()).toEqual(['a', 'o', 'u']);
      expect(profile.attributes.get('plan')).toEqual({ value: 'gold', updatedAtMs: 5 });
      expect(profile.original?.value).toBe('o');
    }
    expect(await known(store, newProject(), 'u')).toEqual(nobody);
  });

  it('makes one customer of two when an event shows that they are one, and forgets where they were apart', async () => {
    const project = newProject();
    const attribute = (name: string): JsonObject => ({
      subscriber_attributes: { [name]: { value: name, updated_at_ms: 5 } },
    });
    await learn(store, project, event({ app_user_id: 'm', aliases: ['m2'], ...attribute('left') }));
    await learn(store, project, event({ app_user_id: 'b', aliases: ['b2'], ...attribute('right') }));
    const [merged] = await learn(store, project, event({ app_user_id: 'm', aliases: ['b'] }));
    expect([...(merged?.attributes.keys() ?? [])].sort()).toEqual(['left', 'right']);
    for (const id of ['m', 'm2', 'b', 'b2']) {
      expect([...(await known(store, project, id)).aliases].sort()).toEqual(['b', 'b2', 'm', 'm2']);
    }
    expect(await redis.hkeys(`profile:${project}:m`)).toEqual(['>']);
  });

  it('ends in the same profiles for any order, repetition and split of the events over two mappers', async () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', '$RCAnonymousID:1', '$RCAnonymousID:2');
    const attribute = fc.record({
      value: fc.constantFrom('x', '\uffff', '\u{1f600}', null),
      updated_at_ms: fc.integer({ min: 1, max: 3 }),
    });
    const events = fc.record({
      app_user_id: ids,
      aliases: fc.array(ids, { maxLength: 2 }),
      subscriber_attributes: fc.dictionary(fc.constantFrom('plan', 'city'), attribute, {
        noNullPrototype: true,
      }),
    });
    const story = fc.array(events, { minLength: 1, maxLength: 8 }).chain((told) =>
      fc.record({
        told: fc.constant(told),
        // Every event at least once, some again, in any order, in batches, by either mapper at the same time.
        again: fc.shuffledSubarray([...told, ...told], { minLength: 0 }),
        batchSize: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(story, async ({ told, again, batchSize }) => {
        const [inOrder, shuffled] = [newProject(), newProject()];
        for (const fields of told) await learn(store, inOrder, event(fields));
        const rest = [...again, ...told.filter((fields) => !again.includes(fields)).reverse()];
        const batches = Array.from({ length: Math.ceil(rest.length / batchSize) }, (_, i) =>
          rest
            .slice(i * batchSize, (i + 1) * batchSize)
            .flatMap((fields) => event(fields as unknown as JsonObject)),
        );
        const half = Math.ceil(batches.length / 2);
        const runAll = async (mapper: ProfileStore, mine: Observation[][]): Promise<void> => {
          for (const batch of mine) await learn(mapper, shuffled, batch);
        };
        await Promise.all([runAll(store, batches.slice(0, half)), runAll(otherMapper, batches.slice(half))]);
        for (const id of ['a', 'b', 'c', 'd', '$RCAnonymousID:1', '$RCAnonymousID:2']) {
          expect(await known(otherMapper, shuffled, id)).toEqual(await known(store, inOrder, id));
        }
      }),
      { numRuns: kind === 'one Redis' ? 150 : 50 },
    );
  }, 120_000);

  it('serves both sides of a transfer in the batch of the purchase before it', async () => {
    const project = newProject();
    await learn(store, project, event({ app_user_id: 'taker', aliases: ['t2'] }));
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    const [, from, to] = await learn(store, project, [
      ...event({ app_user_id: 'giver', ...attributes }),
      ...event({ transferred_from: ['giver'], transferred_to: ['t2'] }, 'TRANSFER'),
      ...event({ app_user_id: 'giver', aliases: ['later'] }),
    ]);
    expect(from?.attributes.get('plan')?.value).toBe('gold');
    expect([...(from?.aliases ?? [])]).toEqual(['giver']);
    expect([...(to?.aliases ?? [])].sort()).toEqual(['t2', 'taker']);
  });

  it('forgets a customer by any id, merged profiles and all, and knows nothing when they come back', async () => {
    const project = newProject();
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    await learn(store, project, event({ app_user_id: 'm', aliases: ['m2'], ...attributes }));
    await learn(store, project, event({ app_user_id: 'b', aliases: ['b2'] }));
    await learn(store, project, event({ app_user_id: 'b2', aliases: ['m2'] }));
    await learn(store, project, event({ app_user_id: 'somebody else' }));
    expect(await forgetCustomer(redis, project, 'm2')).toEqual(['b', 'b2', 'm', 'm2']);
    expect(await forgetCustomer(redis, project, 'm2')).toEqual([]);
    const [back] = await learn(store, project, event({ app_user_id: 'm', aliases: ['new'] }));
    expect(back?.attributes.size).toBe(0);
    expect([...(back?.aliases ?? [])].sort()).toEqual(['m', 'new']);
    expect(await known(store, project, 'b2')).toEqual(nobody);
    expect((await known(store, project, 'somebody else')).aliases.size).toBe(1);
  });

  it('renews the pointers of all ids of an active customer before they run out', async () => {
    const project = newProject();
    const shortLived = new ProfileStore(redis, { ttlMs: 4_000 });
    await learn(shortLived, project, event({ app_user_id: 'u', aliases: ['seldom'] }));
    const pointer = `alias:${project}:seldom`;
    await redis.pexpire(pointer, 2_000);
    // As after a quarter of the lifetime.
    await redis.hset(`profile:${project}:u`, 'r', String(Date.now() - 1_100));
    await learn(shortLived, project, event({ app_user_id: 'u' }));
    expect(await redis.pttl(pointer)).toBeGreaterThan(2_500);
  });

  it('keeps the profile of an id that thousands share small', async () => {
    const project = newProject();
    for (let batch = 0; batch < 4; batch += 1) {
      const crowd = Array.from({ length: 300 }, (_, n) =>
        event({ app_user_id: 'shared', aliases: [`c${batch}-${n}`] }),
      );
      await learn(store, project, crowd.flat());
    }
    const profile = await known(store, project, 'c0-1');
    expect(profile.aliases.size).toBe(maxAliases);
    const profileId = (await redis.get(`alias:${project}:shared`)) ?? '';
    expect(await redis.hlen(`profile:${project}:${profileId}`)).toBeLessThanOrEqual(maxAliases + 1);
  });

  it('takes an event with five thousand aliases in reasonable time', async () => {
    const project = newProject();
    const fields = { app_user_id: 'u', aliases: Array.from({ length: 5_000 }, (_, n) => `id-${n}`) };
    const begun = performance.now();
    await learn(store, project, event(fields));
    await learn(store, project, event(fields));
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it.each([1, 500])('costs two round trips for a batch of %i events', async (size) => {
    const project = newProject();
    const batch = Array.from({ length: size }, (_, n) =>
      event({ app_user_id: `u${n}`, aliases: [`a${n}`] }),
    ).flat();
    await learn(store, project, batch.slice(0, size / 2));
    const trips = await tripsOf(redis, () => learn(store, project, batch));
    // One write to each connection of a node that is asked for anything.
    expect(Math.max(...trips)).toBe(2);
  });
});

/** How often each connection was written to: commands of one turn of the event loop travel in one write. */
async function tripsOf(redis: RedisClient, work: () => Promise<unknown>): Promise<number[]> {
  const connections = redis instanceof Redis ? [redis] : redis.nodes('master');
  const spies = connections.map((connection) => jest.spyOn(streamOf(connection), 'write'));
  await work();
  const counts = spies.map((spy) => spy.mock.calls.length);
  for (const spy of spies) spy.mockRestore();
  return counts;
}

function streamOf(connection: Redis): { write: (data: unknown) => boolean } {
  return (connection as unknown as { stream: { write: (data: unknown) => boolean } }).stream;
}
