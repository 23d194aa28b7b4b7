import { randomUUID } from 'node:crypto';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type RedisCluster, startRedis, startRedisCluster } from '@tools/stack';
import fc from 'fast-check';
import {
  absent,
  claim,
  type LeaseOwner,
  type ClaimResult,
  ledgerKey,
  type LedgerState,
  markDelivered,
  markMaybeDelivered,
  type MarkResult,
  parseState,
  release,
} from './domain/ledger';
import { type LedgerEntry, type LedgerOptions, RedisLedger } from './redis-ledger';

const options: LedgerOptions = { leaseMs: 60_000, windowMs: 86_400_000, onAmbiguous: 'retry' };

describe.each(['one Redis', 'a Redis Cluster of three masters'])('the ledger on %s', (kind) => {
  let cluster: RedisCluster | undefined;
  let redis: RedisClient;
  let ours: RedisLedger;
  let theirs: RedisLedger;

  beforeAll(async () => {
    cluster = kind === 'one Redis' ? undefined : await startRedisCluster();
    const urls = cluster?.nodes.map((node) => `redis://${node}`) ?? [process.env['REDIS_URL'] ?? ''];
    redis = connectRedis({ REDIS_URL: urls }, silentLogger);
    ours = new RedisLedger(redis, 'ours', options);
    theirs = new RedisLedger(redis, 'theirs', options);
  });

  afterAll(async () => {
    redis.disconnect();
    await cluster?.stop();
  });

  const entry = () => ({ projectId: 'p', eventId: randomUUID() });

  it('lets one owner claim an event, and claim it again if the reply was lost', async () => {
    const event = entry();
    expect(await ours.claim([event])).toEqual(['claimed']);
    expect(await theirs.claim([event])).toEqual(['leased_elsewhere']);
    expect(await ours.claim([event])).toEqual(['claimed']);
  });

  it('remembers delivered events', async () => {
    const event = entry();
    await ours.claim([event]);
    expect(await ours.markDelivered([event])).toEqual(['owned']);
    expect(await ours.claim([event])).toEqual(['delivered']);
    expect(await theirs.claim([event])).toEqual(['delivered']);
    const ttl = await redis.pttl(ledgerKey(event.projectId, event.eventId));
    expect(ttl).toBeGreaterThan(options.windowMs - 60_000);
  });

  it('returns a result for each event of a batch, in order', async () => {
    const [free, held, delivered] = [entry(), entry(), entry()];
    await theirs.claim([held, delivered]);
    await theirs.markDelivered([delivered]);
    expect(await ours.claim([delivered, free, held])).toEqual(['delivered', 'claimed', 'leased_elsewhere']);
    expect(await ours.markDelivered([held, free, delivered])).toEqual(['taken_over', 'owned', 'taken_over']);
  });

  it('releases only leases of its own process', async () => {
    const [event, other] = [entry(), entry()];
    await ours.claim([event, other]);
    await theirs.release([event, other]);
    expect(await theirs.claim([event, other])).toEqual(['leased_elsewhere', 'leased_elsewhere']);
    await ours.markDelivered([other]);
    await ours.release([event, other]);
    expect(await theirs.claim([event, other])).toEqual(['claimed', 'delivered']);
  });

  it('lets another process claim after a lease has expired, and reports that to the late owner', async () => {
    const event = entry();
    const brief = new RedisLedger(redis, 'brief', { ...options, leaseMs: 1 });
    await brief.claim([event]);
    while ((await theirs.claim([event]))[0] === 'leased_elsewhere');
    expect(await brief.markDelivered([event])).toEqual(['taken_over']);
    // The mark of the late owner is correct, and saves the other process a request.
    expect(await theirs.claim([event])).toEqual(['delivered']);
  });

  it('records a delivery whose lease had expired unnoticed', async () => {
    const event = entry();
    expect(await ours.markDelivered([event])).toEqual(['expired']);
    expect(await theirs.claim([event])).toEqual(['delivered']);
  });

  it('claims a thousand events as separate keys, each for one of many concurrent processes', async () => {
    const events = Array.from({ length: 1_000 }, entry);
    const halves = [events.slice(0, 500), events.slice(500)];
    const claims = await Promise.all(halves.flatMap((half) => [ours.claim(half), theirs.claim(half)]));
    expect(claims.flat().filter((claim) => claim === 'claimed')).toHaveLength(1_000);
  });

  it('returns results in order for more events than fit into one command', async () => {
    const events = Array.from({ length: 2_500 }, entry);
    await theirs.claim(events.filter((_, i) => i % 3 === 0));
    const expected = events.map((_, i) => (i % 3 === 0 ? 'leased_elsewhere' : 'claimed'));
    expect(await ours.claim(events)).toEqual(expected);
  });

  it('does not let an unusable key affect others', async () => {
    const [good, broken] = [entry(), entry()];
    await redis.rpush(ledgerKey(broken.projectId, broken.eventId), 'not ours');
    expect(await ours.claim([broken, good])).toEqual(['leased_elsewhere', 'claimed']);
    expect(await ours.markDelivered([broken, good])).toEqual([expect.any(Error), 'owned']);
    await expect(ours.claim([broken])).rejects.toThrow('WRONGTYPE');
  });

  it('sends no command if there are no entries', async () => {
    expect(await ours.claim([])).toEqual([]);
    await expect(ours.release([])).resolves.toBeUndefined();
  });

  it('recognizes its own mark that was repeated after a lost connection', async () => {
    const event = entry();
    await ours.claim([event]);
    expect(await ours.markDelivered([event])).toEqual(['owned']);
    expect(await ours.markDelivered([event])).toEqual(['owned']);
    expect(await theirs.markDelivered([event])).toEqual(['taken_over']);
  });

  it('needs no memory for the value of a delivered id', async () => {
    const event = entry();
    await ours.markDelivered([event]);
    const key = ledgerKey(event.projectId, event.eventId);
    expect(await redis.object('ENCODING', key)).toBe('int');
    expect(await redis.object('REFCOUNT', key)).toBeGreaterThan(1_000);
  });

  it('remembers maybe delivered events for the window, and allows each redrive one attempt', async () => {
    const never: LedgerOptions = { ...options, onAmbiguous: 'dead_letter' };
    const [us, them] = [new RedisLedger(redis, 'ours', never), new RedisLedger(redis, 'theirs', never)];
    const events = Array.from({ length: 3 }, entry);
    const redriven = events.map((event, i) => ({ ...event, redriveOf: `dl/0/${String(i)}` }));
    await us.claim(events);
    await us.markMaybeDelivered(events);
    const [first = entry()] = events;
    expect(await redis.pttl(ledgerKey('p', first.eventId))).toBeGreaterThan(options.windowMs - 60_000);
    expect(await them.claim(events)).toEqual(Array(3).fill('maybe_delivered'));
    expect(await them.claim(redriven)).toEqual(Array(3).fill('claimed'));
    expect(await redis.pttl(ledgerKey('p', first.eventId))).toBeGreaterThan(options.windowMs - 60_000);
    await them.markMaybeDelivered(redriven);
    expect(await us.claim(redriven)).toEqual(Array(3).fill('maybe_delivered'));
  });

  it('reports events that a vanished process may have sent, by the clock of Redis', async () => {
    const brief = { ...options, leaseMs: 20, onAmbiguous: 'dead_letter' } as const;
    const event = entry();
    await new RedisLedger(redis, 'gone', brief).claim([event]);
    const them = new RedisLedger(redis, 'theirs', brief);
    let result: ClaimResult | undefined;
    do [result] = await them.claim([event]);
    while (result === 'leased_elsewhere');
    expect(result).toBe('abandoned');
    expect(await them.claim([{ ...event, redriveOf: 'dl/0/1' }])).toEqual(['claimed']);
  });

  it('accepts any text as the position of a dead letter', async () => {
    const ledger = new RedisLedger(redis, 'ours', { ...options, onAmbiguous: 'dead_letter' });
    const event = { ...entry(), redriveOf: 'maybe leased: %\n\ud800' };
    await ledger.claim([event]);
    await ledger.markMaybeDelivered([event]);
    expect(await ledger.claim([event, { ...event, redriveOf: 'maybe' }])).toEqual([
      'maybe_delivered',
      'claimed',
    ]);
  });

  it('rejects a mark or a release that could not be written, so that it is repeated', async () => {
    const [good, broken] = [entry(), entry()];
    await redis.rpush(ledgerKey(broken.projectId, broken.eventId), 'not ours');
    await expect(ours.markMaybeDelivered([broken, good])).rejects.toThrow('WRONGTYPE');
    await expect(ours.release([broken, good])).rejects.toThrow('WRONGTYPE');
  });

  it('agrees with the state machine, whatever the commands', async () => {
    const command = fc.record({
      kind: fc.constantFrom('claim', 'claim', 'claim', 'deliver', 'maybe', 'maybe', 'release', 'expire'),
      onAmbiguous: fc.constantFrom('retry', 'dead_letter', 'dead_letter', 'dead_letter'),
      token: fc.constantFrom('a', 'b', 'c'),
      redriveOf: fc.constantFrom(undefined, undefined, 'dl/0/1', 'dl/0/2', 'dl/0/3'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
        const event = entry();
        const key = ledgerKey(event.projectId, event.eventId);
        let state = absent;
        for (const { kind, onAmbiguous, token, redriveOf } of commands) {
          const ledger = new RedisLedger(redis, token, { ...options, onAmbiguous });
          const result = await onRedis(ledger, redis, kind, { ...event, redriveOf });
          const expected = onModel(state, kind, { token, redriveOf }, onAmbiguous);
          state = expected.state;
          expect([kind, result]).toEqual([kind, expected.result]);
          expect(withoutTime(parseState(await redis.get(key)))).toEqual(withoutTime(state));
        }
      }),
      { numRuns: kind === 'one Redis' ? 300 : 50 },
    );
  });
});

describe('the ledger on a Redis that was demoted', () => {
  it('rejects every call with the error that makes the client reconnect', async () => {
    const server = await startRedis();
    const redis = connectRedis({ REDIS_URL: [server.url] }, silentLogger);
    try {
      const ledger = new RedisLedger(redis, 'ours', options);
      const entries = [
        { projectId: 'p', eventId: '1' },
        { projectId: 'p', eventId: '2' },
      ];
      await ledger.claim(entries);
      await redis.call('REPLICAOF', '127.0.0.1', '1');
      const connection = await redis.call('CLIENT', 'ID');
      await expect(ledger.claim(entries)).rejects.toThrow('READONLY');
      expect(await redis.call('CLIENT', 'ID')).not.toBe(connection);
      expect(await ledger.markDelivered(entries)).toEqual([expect.any(Error), expect.any(Error)]);
      await expect(ledger.markMaybeDelivered(entries)).rejects.toThrow('READONLY');
      await expect(ledger.release(entries)).rejects.toThrow('READONLY');
      await redis.call('REPLICAOF', 'NO', 'ONE');
      expect(await ledger.markDelivered(entries)).toEqual(['owned', 'owned']);
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });
});

async function onRedis(
  ledger: RedisLedger,
  redis: RedisClient,
  kind: string,
  entry: LedgerEntry,
): Promise<unknown> {
  switch (kind) {
    case 'claim':
      return (await ledger.claim([entry]))[0];
    case 'deliver':
      return (await ledger.markDelivered([entry]))[0];
    case 'maybe':
      return ledger.markMaybeDelivered([entry]);
    case 'release':
      return ledger.release([entry]);
    default: {
      const key = ledgerKey(entry.projectId, entry.eventId);
      const value = (await redis.get(key)) ?? '';
      if (/^leased:\S+$/.test(value)) await redis.del(key);
      else if (value.startsWith('leased:')) await redis.set(key, value.replace(/ \d+ /, ' 1 '), 'KEEPTTL');
      return undefined;
    }
  }
}

/** Runs the same command with the pure transitions. */
function onModel(
  state: LedgerState,
  kind: string,
  owner: LeaseOwner,
  onAmbiguous: LedgerOptions['onAmbiguous'],
): { state: LedgerState; result?: ClaimResult | MarkResult } {
  switch (kind) {
    case 'claim':
      return claim(state, owner, Date.now(), { ...options, onAmbiguous });
    case 'deliver':
      return markDelivered(state, owner);
    case 'maybe':
      return { state: markMaybeDelivered(state, owner, Date.now()) };
    case 'release':
      return { state: release(state, owner) };
    default:
      if (state.kind !== 'leased') return { state };
      return { state: state.outlivesExpiry ? { ...state, expiresAtMs: 1 } : absent };
  }
}

function withoutTime(state: LedgerState): unknown {
  return state.kind === 'leased' ? { ...state, expiresAtMs: state.expiresAtMs === 1 } : state;
}
