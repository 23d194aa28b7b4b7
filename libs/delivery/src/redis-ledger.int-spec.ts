import { randomUUID } from 'node:crypto';
import { connectRedis, createLogger, type RedisClient } from '@app/platform';
import { type RedisCluster, startRedisCluster } from '@tools/stack';
import { ledgerKey } from './domain/ledger';
import { RedisLedger } from './redis-ledger';

const logger = createLogger('test', 'silent');
const options = { leaseMs: 60_000, windowMs: 86_400_000 };

describe.each(['one Redis', 'a Redis Cluster of three masters'])('the ledger on %s', (kind) => {
  let cluster: RedisCluster | undefined;
  let redis: RedisClient;
  let ours: RedisLedger;
  let theirs: RedisLedger;

  beforeAll(async () => {
    cluster = kind === 'one Redis' ? undefined : await startRedisCluster();
    const urls = cluster?.nodes.map((node) => `redis://${node}`) ?? [process.env['REDIS_URL'] ?? ''];
    redis = connectRedis({ REDIS_URL: urls }, logger);
    ours = new RedisLedger(redis, 'ours', options);
    theirs = new RedisLedger(redis, 'theirs', options);
  });

  afterAll(async () => {
    redis.disconnect();
    await cluster?.stop();
  });

  const entry = () => ({ projectId: 'p', eventId: randomUUID() });

  it('gives an event to one owner, and again to the same one, whose answer may have been lost', async () => {
    const event = entry();
    expect(await ours.claim(event)).toBe('claimed');
    expect(await theirs.claim(event)).toBe('held');
    expect(await ours.claim(event)).toBe('claimed');
  });

  it('knows for good what was delivered', async () => {
    const event = entry();
    await ours.claim(event);
    expect(await ours.settle(event)).toBe('ours');
    expect(await ours.claim(event)).toBe('delivered');
    expect(await theirs.claim(event)).toBe('delivered');
    const ttl = await redis.pttl(ledgerKey(event.projectId, event.eventId));
    expect(ttl).toBeGreaterThan(options.windowMs - 60_000);
  });

  it('gives back only what is ours', async () => {
    const event = entry();
    await ours.claim(event);
    await theirs.release(event);
    expect(await theirs.claim(event)).toBe('held');
    await ours.release(event);
    expect(await theirs.claim(event)).toBe('claimed');
  });

  it('lets another take over when a lease has run out, and tells the late owner', async () => {
    const event = entry();
    const brief = new RedisLedger(redis, 'brief', { ...options, leaseMs: 1 });
    await brief.claim(event);
    while ((await theirs.claim(event)) === 'held');
    expect(await brief.extend(event)).toBe(false);
    expect(await brief.settle(event)).toBe('overtaken');
    // What the late owner recorded is true, and spares the other its request.
    expect(await theirs.claim(event)).toBe('delivered');
  });

  it('records a delivery whose lease had run out unnoticed', async () => {
    const event = entry();
    expect(await ours.settle(event)).toBe('lapsed');
    expect(await theirs.claim(event)).toBe('delivered');
  });

  it('claims a thousand events as separate keys, each for one of many who try at once', async () => {
    const events = Array.from({ length: 1_000 }, entry);
    const claims = await Promise.all(events.flatMap((event) => [ours.claim(event), theirs.claim(event)]));
    expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1_000);
  });
});
