import { FakeConsumers, silentLogger } from '@app/testing';
import { ConsumerSession, type FetchPause } from './consumer-session';

const topic = 'events';

describe('ConsumerSession', () => {
  let group: FakeConsumers;
  let reported: unknown[];

  beforeEach(() => {
    group = new FakeConsumers(topic);
    group.partitions.set(0, { low: 0, high: 100 });
    reported = [];
  });

  function create(fetchPause: FetchPause = { minMs: 0, maxMs: 0 }, handled?: Promise<void>): ConsumerSession {
    return new ConsumerSession({
      kafka: group.asKafka,
      topic,
      groupId: 'group',
      fetchPause,
      maxFetchBytes: 1_000,
      onJoin: (partitions) => reported.push(['join', ...partitions]),
      onRebalancing: () => reported.push(['rebalancing']),
      onBatch: ({ batch }) => {
        reported.push(['batch', batch.lastOffset()]);
        return handled;
      },
      onSkipped: (...range) => reported.push(['skipped', ...range]),
      onFailure: (error) => reported.push(['failure', (error as Error).message]),
      logger: silentLogger,
    });
  }

  async function opened(): Promise<ConsumerSession> {
    const session = create();
    await session.open();
    return session;
  }

  it('passes on joins and batches until it is closed, and nothing afterwards', async () => {
    const session = await opened();
    expect(session.hasJoined).toBe(false);
    group.last.join(0, 1);
    group.last.fetch(0, [0, 1]);
    expect(session.hasJoined).toBe(true);
    expect(reported).toEqual([
      ['join', 0, 1],
      ['batch', '1'],
    ]);
    await session.close();
    group.last.join(0);
    group.last.fetch(0, [2]);
    group.last.skip(0, 2, 2);
    group.last.crash(new Error('stopped'));
    expect(reported).toHaveLength(2);
  });

  it('pauses after a fetch that has returned all records, and ends the pause when it closes', async () => {
    const session = create({ minMs: 60_000, maxMs: 60_000 });
    await session.open();
    group.last.join(0);
    group.last.fetch(0, [0]);
    await group.last.mayFetch;
    group.last.fetch(0, [99]);
    let isPaused = true;
    const ended = group.last.mayFetch.then(() => {
      isPaused = false;
    });
    await new Promise(setImmediate);
    expect(isPaused).toBe(true);
    await session.close();
    await ended;
  });

  it('makes the next fetch when the records of the last one are handled', async () => {
    const handled = Promise.withResolvers<undefined>();
    const session = create({ minMs: 0, maxMs: 60_000 }, handled.promise);
    await session.open();
    group.last.join(0);
    group.last.fetch(0, [99]);
    const ended = group.last.mayFetch.then(() => 'ended');
    const paused = new Promise((resolve) => setTimeout(resolve, 20, 'paused'));
    expect(await Promise.race([ended, paused])).toBe('paused');
    handled.resolve(undefined);
    expect(await ended).toBe('ended');
    await session.close();
  });

  it('makes the next fetch after the longest pause, even if records are not handled', async () => {
    const session = create({ minMs: 0, maxMs: 20 }, new Promise(() => undefined));
    await session.open();
    group.last.join(0);
    group.last.fetch(0, [99]);
    await group.last.mayFetch;
    await session.close();
  });

  it('does not pause while another partition has a backlog', async () => {
    const session = create({ minMs: 60_000, maxMs: 60_000 });
    await session.open();
    group.last.join(0, 1);
    group.last.fetch(0, [0]);
    group.last.fetch(1, [99]);
    await group.last.mayFetch;
    group.last.fetch(0, [99]);
    const paused = group.last.mayFetch.then(() => 'ended');
    expect(await Promise.race([paused, new Promise((resolve) => setImmediate(resolve, 'paused'))])).toBe(
      'paused',
    );
    await session.close();
    await paused;
  });

  it('reports only its first failure, and passes on nothing afterwards', async () => {
    await opened();
    group.last.join(0);
    group.last.crash(new Error('first'));
    group.last.crash(new Error('second'));
    group.last.fetch(0, [0]);
    expect(reported).toEqual([
      ['join', 0],
      ['failure', 'first'],
    ]);
  });

  it('fails without throwing if kafkajs cannot pause, resume or seek', async () => {
    const session = await opened();
    group.last.isRejectingCalls = true;
    session.pause(0);
    session.resume(0);
    session.seek(0, 7);
    expect(reported).toEqual([['failure', expect.stringContaining('not initialized')]]);
  });

  it('reports offsets that kafkajs has read without passing them on', async () => {
    await opened();
    group.last.skip(0, 5, 9);
    // A batch with only aborted records has no first record.
    group.last.skip(1, null, 12);
    group.last.skip(2, 0, 3, { batchSize: 4 });
    expect(reported).toEqual([
      ['skipped', 0, 5, 9],
      ['skipped', 1, 12, 12],
    ]);
  });

  it('does not open if kafkajs cannot connect', async () => {
    const session = create();
    group.last.connect = () => Promise.reject(new Error('connection refused'));
    await expect(session.open()).rejects.toThrow('connection refused');
  });

  it('resolves a commit only if Kafka has acknowledged it', async () => {
    const session = await opened();
    const offsets = [{ partition: 0, offset: 7 }];
    // Before the join, kafkajs resolves without sending a request.
    await expect(session.commit(offsets)).rejects.toThrow('committed nothing');
    group.last.join(0);
    await session.commit(offsets);
    expect(group.partitions.get(0)?.committed).toBe(7);
    group.commitError = new Error('NOT_COORDINATOR_FOR_GROUP');
    await expect(session.commit(offsets)).rejects.toThrow('NOT_COORDINATOR_FOR_GROUP');
  });

  describe('is fetching', () => {
    const soon = (): number => performance.now() + 19_000;
    const later = (): number => performance.now() + 21_000;

    it('if fetches were sent and every broker that got one has responded within 20 s', async () => {
      const session = await opened();
      expect(session.isFetching(soon())).toBe(false);
      group.last.fetchEvent(1, 'begins');
      expect(session.isFetching(soon())).toBe(true);
      expect(session.isFetching(later())).toBe(false);
    });

    it('not if one broker has not responded to its first request', async () => {
      jest.useFakeTimers();
      const session = await opened();
      for (const nodeId of [1, 2]) group.last.fetchEvent(nodeId, 'begins');
      for (let i = 0; i < 5; i++) {
        jest.advanceTimersByTime(5_000);
        // kafkajs continues to fetch from the other broker.
        group.last.fetchEvent(1, 'ended');
        group.last.fetchEvent(1, 'begins');
      }
      expect(session.isFetching(performance.now())).toBe(false);
      group.last.fetchEvent(2, 'ended');
      expect(session.isFetching(performance.now())).toBe(true);
      jest.useRealTimers();
    });
  });

  describe('closes', () => {
    afterEach(() => {
      jest.useRealTimers();
    });

    it('within a timeout if the broker does not respond', async () => {
      const session = await opened();
      group.last.disconnect = () => new Promise(() => undefined);
      jest.useFakeTimers();
      let isClosed = false;
      const closed = session.close().then(() => {
        isClosed = true;
      });
      await jest.advanceTimersByTimeAsync(14_000);
      expect(isClosed).toBe(false);
      await jest.advanceTimersByTimeAsync(2_000);
      await closed;
    });

    it('even if kafkajs fails to disconnect', async () => {
      const session = await opened();
      group.last.disconnect = () => Promise.reject(new Error('connection reset'));
      await session.close();
    });
  });
});
