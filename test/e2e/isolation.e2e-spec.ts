import { randomBytes } from 'node:crypto';
import { IntegrationStore, SecretBox } from '@app/integrations';
import { headerNames } from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { RunningPipeline } from './running-pipeline';

const event = (id: string, user: string, environment = 'PRODUCTION'): string =>
  JSON.stringify({
    api_version: '1.0',
    event: {
      id,
      type: 'RENEWAL',
      app_user_id: user,
      original_app_user_id: user,
      environment,
      price: 1,
    },
  });

describe('an integration', () => {
  const key = randomBytes(32);
  let pipeline: RunningPipeline;
  let redis: RedisClient;
  let store: IntegrationStore;
  const rejected = `rejected-${randomBytes(4).toString('hex')}`;
  /** At least the duration of the test, but less than the request timeout. */
  const slowMs = 15_000;
  const tested = `tested-${randomBytes(4).toString('hex')}`;
  const slow = `slow-${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
    store = new IntegrationStore(redis, new SecretBox([key]));
    await store.save({ projectId: rejected, serverSecret: 'revoked-secret' });
    const sandbox = { includeSandbox: true, sandboxServerSecret: 'revoked-sandbox-secret' };
    await store.save({ projectId: tested, serverSecret: 'secret-test', format: 'log_event', ...sandbox });
    await store.save({ projectId: slow, serverSecret: 'secret-slow', format: 'log_event' });
    pipeline = await RunningPipeline.start({
      SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
      DISPATCHER_SUSPENSION_MAX_INTERVAL: '500ms',
      SIMULATOR_KEYS: 'secret-test,secret-slow',
      DISPATCHER_MEMORY_BYTES: '400000',
      STATSIG_REQUEST_TIMEOUT: '20s',
      DISPATCHER_LEASE: '90s',
    });
  });

  afterAll(async () => {
    await pipeline.stop();
    await store.remove(rejected);
    await store.remove(tested);
    await store.remove(slow);
    redis.disconnect();
  });

  const send = async (count: number, projectId: string, from = 0, users = 5): Promise<string[]> => {
    const ids = Array.from({ length: count }, (_, i) => `${projectId}-${String(from + i)}`);
    for (const [i, id] of ids.entries()) {
      const user = `${projectId}-user-${String((from + i) % users)}`;
      await pipeline.produce(event(id, user), user, { [headerNames.projectId]: projectId });
    }
    return ids;
  };

  /** Waits for the delivery of these events; returns all events delivered by then. */
  const delivered = async (ids: readonly string[]): Promise<string[]> => {
    const receipts = await pipeline.receiptsOf(ids, 'delivered');
    return receipts.filter(({ outcome }) => outcome === 'delivered').map(({ eventId }) => eventId);
  };

  /** Expects each customer's events to have arrived once and in order. */
  const expectOrder = async (projectId: string, count: number, users: number): Promise<void> => {
    const events = (await pipeline.statsigEvents('summary=true')).filter(({ id }) =>
      id.startsWith(projectId),
    );
    expect(events.length).toBeGreaterThanOrEqual(count);
    for (let user = 0; user < users; user++) {
      const userId = `${projectId}-user-${String(user)}`;
      const arrived = events
        .filter((one) => one.userId === userId)
        .map(({ id }) => Number(id.split('-').at(-1)));
      expect(arrived.length).toBeGreaterThanOrEqual(count / users);
      expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
    }
    expect(await pipeline.statsigRepeats()).toEqual({});
  };

  const late = (ms: number) => ({
    kind: 'latency',
    latency: { shape: 'fixed', ms },
    match: { key: 'secret-slow' },
  });

  it('that Statsig rejects does not delay another, and delivers its own events in order after its secret is replaced', async () => {
    const first = await send(300, rejected);
    await delivered(await send(100, pipeline.projectId));
    const more = await send(100, rejected, 300);
    await delivered(await send(100, pipeline.projectId, 100));
    expect((await pipeline.statsigEvents()).filter(({ id }) => id.startsWith(rejected))).toEqual([]);

    await store.save({ projectId: rejected, serverSecret: 'secret-test' });
    const all = [...first, ...more];
    await delivered(all);
    const late = await send(50, rejected, 400);
    await delivered(late);

    await expectOrder(rejected, 450, 5);
  });

  it('whose secret for sandbox events is rejected delivers its production events', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `${tested}-${String(i)}`);
    const isSandbox = (id: string): boolean => Number(id.split('-').at(-1)) % 3 === 0;
    for (const id of ids) {
      const user = `${tested}-user-${String(Number(id.split('-').at(-1)) % 5)}`;
      const body = event(id, user, isSandbox(id) ? 'SANDBOX' : 'PRODUCTION');
      await pipeline.produce(body, user, { [headerNames.projectId]: tested });
    }
    const ofSandbox = ids.filter(isSandbox);
    await delivered(ids.filter((id) => !isSandbox(id)));
    const letters = await pipeline.receiptsOf(ofSandbox, 'dead_lettered');
    const reasons = letters.filter(({ eventId }) => ofSandbox.includes(eventId)).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['sandbox_secret_rejected']));
    const inStatsig = (await pipeline.statsigEvents()).map(({ id }) => id);
    expect(inStatsig.filter((id) => ofSandbox.includes(id))).toEqual([]);
  });

  it('with slow responses does not delay another, even if its share of memory is full', async () => {
    await pipeline.faults(late(slowMs));
    const behind: string[] = [];
    while (behind.length < 1_000) behind.push(...(await send(20, slow, behind.length, 500)));
    const before = await delivered(await send(100, pipeline.projectId, 1_000, 100));
    expect(before.filter((id) => id.startsWith(slow))).toEqual([]);
    await pipeline.faults();
    await delivered(behind);
    await expectOrder(slow, 1_000, 500);
  });

  it('that is slow with many events of one customer delays another by one response at most', async () => {
    await pipeline.faults(late(2_000));
    const behind = await send(200, slow, 1_000, 1);
    const before = new Set(await delivered(await send(100, pipeline.projectId, 2_000, 100)));
    expect(behind.filter((id) => before.has(id)).length).toBeLessThan(10);
    await pipeline.faults();
    await delivered(behind);
    await expectOrder(slow, 200, 1);
  });
});
