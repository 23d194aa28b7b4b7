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
    expect(await ours.claim([event])).toEqual(['claimed']);
    expect(await theirs.claim([event])).toEqual(['held']);
    expect(await ours.claim([event])).toEqual(['claimed']);
  });

  it('knows for good what was delivered', async () => {
    const event = entry();
    await ours.claim([event]);
    expect(await ours.settle([event])).toEqual(['ours']);
    expect(await ours.claim([event])).toEqual(['delivered']);
    expect(await theirs.claim([event])).toEqual(['delivered']);
    const ttl = await redis.pttl(ledgerKey(event.projectId, event.eventId));
    expect(ttl).toBeGreaterThan(options.windowMs - 60_000);
  });

  it('answers for each event of a batch, in their order', async () => {
    const [free, held, delivered] = [entry(), entry(), entry()];
    await theirs.claim([held, delivered]);
    await theirs.settle([delivered]);
    expect(await ours.claim([delivered, free, held])).toEqual(['delivered', 'claimed', 'held']);
    expect(await ours.settle([held, free, delivered])).toEqual(['overtaken', 'ours', 'overtaken']);
  });

  it('gives back only what is ours', async () => {
    const [event, other] = [entry(), entry()];
    await ours.claim([event, other]);
    await theirs.release([event, other]);
    expect(await theirs.claim([event, other])).toEqual(['held', 'held']);
    await ours.settle([other]);
    await ours.release([event, other]);
    expect(await theirs.claim([event, other])).toEqual(['claimed', 'delivered']);
  });

  it('lets another take over when a lease has run out, and tells the late owner', async () => {
    const event = entry();
    const brief = new RedisLedger(redis, 'brief', { ...options, leaseMs: 1 });
    await brief.claim([event]);
    while ((await theirs.claim([event]))[0] === 'held');
    expect(await brief.settle([event])).toEqual(['overtaken']);
    // What the late owner recorded is true, and spares the other its request.
    expect(await theirs.claim([event])).toEqual(['delivered']);
  });

  it('records a delivery whose lease had run out unnoticed', async () => {
    const event = entry();
    expect(await ours.settle([event])).toEqual(['lapsed']);
    expect(await theirs.claim([event])).toEqual(['delivered']);
  });

  it('claims a thousand events as separate keys, each for one of many who try at once', async () => {
    const events = Array.from({ length: 1_000 }, entry);
    const halves = [events.slice(0, 500), events.slice(500)];
    const claims = await Promise.all(halves.flatMap((half) => [ours.claim(half), theirs.claim(half)]));
    expect(claims.flat().filter((claim) => claim === 'claimed')).toHaveLength(1_000);
  });

  it('answers in order for more events than go in one command', async () => {
    const events = Array.from({ length: 2_500 }, entry);
    await theirs.claim(events.filter((_, i) => i % 3 === 0));
    const expected = events.map((_, i) => (i % 3 === 0 ? 'held' : 'claimed'));
    expect(await ours.claim(events)).toEqual(expected);
  });

  it('lets no key that cannot be used stand in the way of others', async () => {
    const [good, broken] = [entry(), entry()];
    await redis.rpush(ledgerKey(broken.projectId, broken.eventId), 'not ours');
    expect(await ours.claim([broken, good])).toEqual(['held', 'claimed']);
    expect(await ours.settle([broken, good])).toEqual([expect.any(Error), 'ours']);
    await expect(ours.claim([broken])).rejects.toThrow('WRONGTYPE');
  });

  it('asks nothing where there is nothing to ask', async () => {
    expect(await ours.claim([])).toEqual([]);
    await expect(ours.release([])).resolves.toBeUndefined();
  });
});
