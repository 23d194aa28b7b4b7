import { connectRedis, type RedisClient } from '@app/platform';
import { type JsonObject } from '@app/revenuecat';
import { silentLogger } from '@app/testing';
import { type RedisCluster, startRedisCluster } from '@tools/stack';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { maxAliases } from './domain/limits';
import { type Observation, observe } from './domain/observation';
import { emptyProfile, join as joinProfiles, type Profile } from './domain/profile';
import { peekProfiles } from './peek-profiles';
import { forgetCustomer } from './profile-eraser';
import { ProfileStore } from './profile-store';

const day = 86_400_000;

const event = (fields: JsonObject, type = 'RENEWAL'): Observation[] =>
  observe({ id: 'e', type, fields: { event_timestamp_ms: 1_700_000_000_000, ...fields } }, undefined, true);

let projects = 0;
const newProject = (): string => `p${process.pid}-${++projects}`;

async function join(store: ProfileStore, projectId: string, observations: Observation[]): Promise<Profile[]> {
  return store.join(projectId, observations, await store.find(projectId, observations));
}

/** The order keys of a batch, one for each observation. */
async function keysOf(
  store: ProfileStore,
  projectId: string,
  observations: Observation[],
): Promise<(string | undefined)[]> {
  return (await join(store, projectId, observations)).map(({ orderKey }) => orderKey?.value);
}

/** What is known of a customer, except for the order key, which depends on which event came first. */
async function knownOf(
  store: ProfileStore,
  projectId: string,
  id: string,
): Promise<Omit<Profile, 'orderKey'>> {
  const { aliases, attributes, original, state } = await store.read(projectId, id);
  return {
    aliases,
    attributes,
    ...(original !== undefined && { original }),
    ...(state !== undefined && { state }),
  };
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
    redis = connectRedis({ REDIS_URL: urls }, silentLogger);
    other = connectRedis({ REDIS_URL: urls }, silentLogger);
    store = new ProfileStore(redis, { ttlMs: 400 * day });
    otherMapper = new ProfileStore(other, { ttlMs: 400 * day });
  }, 90_000);

  afterAll(async () => {
    redis.disconnect();
    other.disconnect();
    await cluster?.stop();
  });

  it('recognizes a customer by any id', async () => {
    const project = newProject();
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    await join(
      store,
      project,
      event({ app_user_id: 'u', original_app_user_id: 'o', aliases: ['a'], ...attributes }),
    );
    for (const id of ['u', 'o', 'a']) {
      const profile = await store.read(project, id);
      expect([...profile.aliases].sort()).toEqual(['a', 'o', 'u']);
      expect(profile.attributes.get('plan')).toEqual({ value: 'gold', updatedAtMs: 5 });
      expect(profile.original?.value).toBe('o');
    }
    expect(await store.read(newProject(), 'u')).toEqual(emptyProfile);
  });

  it('merges two customers when an event shows that they are one, and empties the other profile', async () => {
    const project = newProject();
    const attribute = (name: string): JsonObject => ({
      subscriber_attributes: { [name]: { value: name, updated_at_ms: 5 } },
    });
    await join(store, project, event({ app_user_id: 'm', aliases: ['m2'], ...attribute('left') }));
    await join(store, project, event({ app_user_id: 'b', aliases: ['b2'], ...attribute('right') }));
    const [merged] = await join(store, project, event({ app_user_id: 'm', aliases: ['b'] }));
    expect([...(merged?.attributes.keys() ?? [])].sort()).toEqual(['left', 'right']);
    for (const id of ['m', 'm2', 'b', 'b2']) {
      expect([...(await store.read(project, id)).aliases].sort()).toEqual(['b', 'b2', 'm', 'm2']);
    }
    expect(await redis.hkeys(`profile:${project}:m`)).toEqual(['>']);
  });

  it('leads to the same profiles for any order, repetition and split of the events over two mappers', async () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', '$RCAnonymousID:1', '$RCAnonymousID:2');
    const attribute = fc.record({
      value: fc.constantFrom('x', '\uffff', '\u{1f600}', null),
      updated_at_ms: fc.integer({ min: 1, max: 3 }),
    });
    const anyEvent = fc.record({
      app_user_id: ids,
      aliases: fc.array(ids, { maxLength: 2 }),
      subscriber_attributes: fc.dictionary(fc.constantFrom('plan', 'city'), attribute, {
        noNullPrototype: true,
      }),
      event_timestamp_ms: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_003 }),
      original_transaction_id: fc.constantFrom('t1', 't2'),
      product_id: fc.constantFrom('plus', null),
      expiration_at_ms: fc.constantFrom(null, 1_700_000_000_001, 1_800_000_000_000),
      experiment_id: fc.constantFrom('e1', null),
      experiment_variant: fc.constantFrom('a', 'b'),
    });
    const histories = fc.array(anyEvent, { minLength: 1, maxLength: 8 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        // Every event at least once, some again, in any order, in batches, by either mapper at the same time.
        again: fc.shuffledSubarray([...events, ...events], { minLength: 0 }),
        batchSize: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(histories, async ({ events, again, batchSize }) => {
        const [inOrder, shuffled] = [newProject(), newProject()];
        for (const fields of events) await join(store, inOrder, event(fields));
        const rest = [...again, ...events.filter((fields) => !again.includes(fields)).reverse()];
        const batches = Array.from({ length: Math.ceil(rest.length / batchSize) }, (_, i) =>
          rest
            .slice(i * batchSize, (i + 1) * batchSize)
            .flatMap((fields) => event(fields as unknown as JsonObject)),
        );
        const half = Math.ceil(batches.length / 2);
        const runAll = async (mapper: ProfileStore, mine: Observation[][]): Promise<void> => {
          for (const batch of mine) await join(mapper, shuffled, batch);
        };
        await Promise.all([runAll(store, batches.slice(0, half)), runAll(otherMapper, batches.slice(half))]);
        for (const id of ['a', 'b', 'c', 'd', '$RCAnonymousID:1', '$RCAnonymousID:2']) {
          expect(await knownOf(otherMapper, shuffled, id)).toEqual(await knownOf(store, inOrder, id));
        }
      }),
      { numRuns: kind === 'one Redis' ? 150 : 50 },
    );
  }, 120_000);

  it('knows both sides of a transfer in the batch of the purchase before it', async () => {
    const project = newProject();
    await join(store, project, event({ app_user_id: 'taker', aliases: ['t2'] }));
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    const [, from, to] = await join(store, project, [
      ...event({ app_user_id: 'giver', ...attributes }),
      ...event({ transferred_from: ['giver'], transferred_to: ['t2'] }, 'TRANSFER'),
      ...event({ app_user_id: 'giver', aliases: ['later'] }),
    ]);
    expect(from?.attributes.get('plan')?.value).toBe('gold');
    expect([...(from?.aliases ?? [])]).toEqual(['giver']);
    expect([...(to?.aliases ?? [])].sort()).toEqual(['t2', 'taker']);
  });

  describe('the order key of a customer', () => {
    it('is the first id of the first event, whichever ids join later', async () => {
      const project = newProject();
      expect(await keysOf(store, project, event({ app_user_id: '$RCAnonymousID:1' }))).toEqual([
        '$RCAnonymousID:1',
      ]);
      const login = event({
        original_app_user_id: 'u',
        app_user_id: 'u',
        aliases: ['u', '$RCAnonymousID:1'],
      });
      expect(await keysOf(store, project, login)).toEqual(['$RCAnonymousID:1']);
      expect(await keysOf(store, project, event({ app_user_id: 'u' }))).toEqual(['$RCAnonymousID:1']);
      expect((await store.read(project, 'u')).orderKey?.value).toBe('$RCAnonymousID:1');
    });

    it('stays the same for any interleaving and redelivery after the first event, by two mappers at once', async () => {
      const ids = fc.constantFrom('a', 'b', 'c', '$RCAnonymousID:1', '$RCAnonymousID:2');
      const events = fc.record({ original_app_user_id: ids, app_user_id: ids });
      const batches = fc.array(fc.array(events, { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(events, batches, batches, async (first, mine, others) => {
          const project = newProject();
          const ofCustomer = (fields: JsonObject): Observation[] => event({ ...fields, aliases: ['shared'] });
          const [key] = await keysOf(store, project, ofCustomer(first));
          const run = async (mapper: ProfileStore, share: (typeof mine)[number][]): Promise<unknown[]> => {
            const keys = [];
            // Every batch twice, as after a crash before the commit.
            for (const batch of share.flatMap((each) => [each, each]))
              keys.push(...(await keysOf(mapper, project, batch.flatMap(ofCustomer))));
            return keys;
          };
          const keys = (await Promise.all([run(store, mine), run(otherMapper, others)])).flat();
          expect(new Set(keys)).toEqual(new Set([key]));
        }),
        { numRuns: kind === 'one Redis' ? 100 : 30 },
      );
    }, 120_000);

    it('is the older one for all ids once two profiles merge', async () => {
      const project = newProject();
      expect(await keysOf(store, project, event({ app_user_id: 'older' }))).toEqual(['older']);
      await tick(redis);
      expect(await keysOf(store, project, event({ app_user_id: 'a-younger' }))).toEqual(['a-younger']);
      const merged = event({ app_user_id: 'a-younger', aliases: ['older'] });
      expect(await keysOf(store, project, merged)).toEqual(['older']);
      for (const id of ['older', 'a-younger'])
        expect(await keysOf(otherMapper, project, event({ app_user_id: id }))).toEqual(['older']);
    });

    it('is the same for all events of a batch, whether the ids are known or joined by a later event', async () => {
      const batch = [
        ...event({ app_user_id: 'a' }),
        ...event({ transferred_from: ['b'], transferred_to: ['c'] }, 'TRANSFER'),
        ...event({ app_user_id: 'a', aliases: ['b'] }),
      ];
      expect(await keysOf(store, newProject(), batch)).toEqual(['a', 'a', 'c', 'a']);
    });

    it('is the same before and after a transfer, also if the transfer is the first event of a customer', async () => {
      const project = newProject();
      const transfer = event(
        { transferred_from: ['$RCAnonymousID:1', 'giver'], transferred_to: ['$t', 'taker'] },
        'TRANSFER',
      );
      await join(store, project, event({ original_app_user_id: 'first', app_user_id: 'giver' }));
      expect(await keysOf(store, project, transfer)).toEqual(['first', '$t']);
      expect(await keysOf(otherMapper, project, transfer)).toEqual(['first', '$t']);
      for (const id of ['$t', 'taker']) {
        const purchase = event({ original_app_user_id: `o-${id}`, app_user_id: id });
        expect(await keysOf(store, project, purchase)).toEqual(['$t']);
      }
      // The transfer itself does not show which ids belong together.
      expect([...(await store.read(project, '$t')).aliases].sort()).toEqual(['$t', 'o-$t']);
    });

    it('is added to a profile of an earlier version by the next event', async () => {
      const project = newProject();
      await join(store, project, event({ app_user_id: 'u' }));
      await redis.hdel(`profile:${project}:u`, 'k');
      const next = event({ original_app_user_id: 'o', app_user_id: 'u' });
      expect(await keysOf(store, project, next)).toEqual(['o']);
    });
  });

  it('is not changed by reading', async () => {
    const project = newProject();
    expect(await store.read(project, 'u')).toEqual(emptyProfile);
    expect(await redis.exists(`alias:${project}:u`)).toBe(0);
    await join(store, project, event({ app_user_id: 'known' }));
    const keys = [`alias:${project}:known`, `profile:${project}:known`];
    for (const key of keys) await redis.pexpire(key, 60_000);
    expect((await store.read(project, 'known')).aliases).toEqual(new Set(['known']));
    for (const key of keys) expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });

  it('can be asked what the next event would see, which changes nothing', async () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const purchase = fc
      .record({ app_user_id: id, aliases: fc.array(id, { maxLength: 2 }), plan: fc.constantFrom('x', 'y') })
      .map(({ plan, ...ids }) => {
        const subscriber_attributes = { plan: { value: plan, updated_at_ms: 5 } };
        return event({ ...ids, subscriber_attributes });
      });
    const ids = fc.array(id, { minLength: 1, maxLength: 2 });
    const transfer = fc
      .record({ transferred_from: ids, transferred_to: ids })
      .map((sides) => event(sides, 'TRANSFER'));
    const anyEvent = fc.oneof(purchase, transfer);
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 4 }), anyEvent, async (history, next) => {
        const project = newProject();
        for (const observations of history) await join(store, project, observations);
        const ttls = () =>
          Promise.all(['a', 'b', 'c', 'd', 'e'].map((one) => redis.pexpiretime(`alias:${project}:${one}`)));
        const before = await ttls();
        const peeked = await peekProfiles(redis, project, next);
        expect(await ttls()).toEqual(before);
        const pointers = await store.find(project, next);
        expect(next.map(peeked.isKnown)).toEqual(next.map(pointers.isKnown));
        const joined = await store.join(project, next, pointers);
        const withoutKey = (known: Profile) => ({ ...known, orderKey: undefined });
        expect(peeked.profiles.map(withoutKey)).toEqual(joined.map(withoutKey));
      }),
      { numRuns: 60 },
    );
  });

  it('erases a customer by any id, with merged profiles, and starts from nothing afterwards', async () => {
    const project = newProject();
    const attributes = { subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } } };
    await join(store, project, event({ app_user_id: 'm', aliases: ['m2'], ...attributes }));
    await join(store, project, event({ app_user_id: 'b', aliases: ['b2'] }));
    await join(store, project, event({ app_user_id: 'b2', aliases: ['m2'] }));
    await join(store, project, event({ app_user_id: 'another customer' }));
    expect(await forgetCustomer(redis, project, 'm2')).toEqual(['b', 'b2', 'm', 'm2']);
    expect(await forgetCustomer(redis, project, 'm2')).toEqual([]);
    const [back] = await join(store, project, event({ original_app_user_id: 'new', app_user_id: 'm' }));
    expect(back?.attributes.size).toBe(0);
    expect([...(back?.aliases ?? [])].sort()).toEqual(['m', 'new']);
    expect(back?.orderKey?.value).toBe('new');
    expect(await store.read(project, 'b2')).toEqual(emptyProfile);
    expect((await store.read(project, 'another customer')).aliases.size).toBe(1);
  });

  it('renews the pointers of all ids of an active customer before they expire', async () => {
    const project = newProject();
    const shortLived = new ProfileStore(redis, { ttlMs: 4_000 });
    await join(shortLived, project, event({ app_user_id: 'u', aliases: ['rare'] }));
    const pointer = `alias:${project}:rare`;
    await redis.pexpire(pointer, 2_000);
    // As after a quarter of the lifetime.
    await redis.hset(`profile:${project}:u`, 'r', String(Date.now() - 1_100));
    await join(shortLived, project, event({ app_user_id: 'u' }));
    expect(await redis.pttl(pointer)).toBeGreaterThan(2_500);
  });

  it('limits the profile of an id that thousands share', async () => {
    const project = newProject();
    for (let batch = 0; batch < 4; batch += 1) {
      const crowd = Array.from({ length: 300 }, (_, n) =>
        event({ app_user_id: 'shared', aliases: [`c${batch}-${n}`] }),
      );
      await join(store, project, crowd.flat());
    }
    const profile = await store.read(project, 'c0-1');
    expect(profile.aliases.size).toBe(maxAliases);
    expect(profile.orderKey?.value).toBe('shared');
    const profileId = (await redis.get(`alias:${project}:shared`)) ?? '';
    expect(await redis.hlen(`profile:${project}:${profileId}`)).toBeLessThanOrEqual(maxAliases + 2);
  });

  it('keeps the most recent purchases of a customer, also if two mappers learn of them at the same time', async () => {
    const project = newProject();
    const observations = Array.from({ length: 520 }, (_, n) =>
      event({
        app_user_id: 'u',
        event_timestamp_ms: 1_700_000_000_000 + ((n * 37) % 520) * 1_000,
        original_transaction_id: `t${n % 260}`,
        product_id: 'plus',
        store: 'APP_STORE',
        entitlement_ids: ['plus'],
        expiration_at_ms: 1_800_000_000_000,
      }),
    ).flat();
    const batches = Array.from({ length: 52 }, (_, n) => observations.slice(n * 10, n * 10 + 10));
    await Promise.all(batches.map((batch, n) => join(n % 2 === 0 ? store : otherMapper, project, batch)));
    const expected = observations.map(({ learned }) => learned).reduce(joinProfiles, emptyProfile);
    expect((await store.read(project, 'u')).state).toEqual(expected.state);
    expect([...(expected.state?.keys() ?? [])].filter((name) => name.startsWith('t:'))).toHaveLength(100);
  });

  it('joins an event with five thousand aliases in reasonable time', async () => {
    const project = newProject();
    const fields = { app_user_id: 'u', aliases: Array.from({ length: 5_000 }, (_, n) => `id-${n}`) };
    const startedAt = performance.now();
    await join(store, project, event(fields));
    await join(store, project, event(fields));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it.each([1, 500])('takes two round trips for a batch of %i events', async (size) => {
    const project = newProject();
    const batch = Array.from({ length: size }, (_, n) =>
      event({ app_user_id: `u${n}`, aliases: [`a${n}`] }),
    ).flat();
    await join(store, project, batch.slice(0, size / 2));
    const trips = await tripsOf(redis, () => join(store, project, batch));
    // One write for each round trip, to the connection of each node that is used.
    expect(Math.max(...trips)).toBe(2);
  });
});

/** Waits until the clock of Redis has advanced. */
async function tick(redis: RedisClient): Promise<void> {
  const nodes = redis instanceof Redis ? [redis] : redis.nodes('master');
  for (const node of nodes) {
    const nowMs = async (): Promise<number> => {
      const [seconds, micros] = await node.time();
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    };
    const startMs = await nowMs();
    while ((await nowMs()) === startMs);
  }
}

/** The number of writes to each connection: commands of one turn of the event loop are one write. */
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
