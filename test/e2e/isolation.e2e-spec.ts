import { randomBytes } from 'node:crypto';
import { IntegrationStore, SecretBox } from '@app/integrations';
import { headerNames } from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { quietLogger } from '../../libs/kafka/test/scratch-topics';
import { RunningPipeline } from './running-pipeline';

const event = (id: string, user: string): string =>
  JSON.stringify({
    api_version: '1.0',
    event: {
      id,
      type: 'RENEWAL',
      app_user_id: user,
      original_app_user_id: user,
      environment: 'PRODUCTION',
      price: 1,
    },
  });

describe('two integrations, of which Statsig refuses one', () => {
  const key = randomBytes(32);
  let pipeline: RunningPipeline;
  let redis: RedisClient;
  let store: IntegrationStore;
  const refused = `refused-${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, quietLogger);
    store = new IntegrationStore(redis, new SecretBox(key));
    await store.save({ projectId: refused, serverSecret: 'revoked-secret' });
    pipeline = await RunningPipeline.start({
      SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
      SUSPENSION_CAP_MS: '500',
      DISPATCHER_UNSETTLED_RECORDS: '50',
      DISPATCHER_MAX_WAITING: '25',
    });
  });

  afterAll(async () => {
    await pipeline.stop();
    await store.remove(refused);
    redis.disconnect();
  });

  const send = async (count: number, projectId: string, from = 0): Promise<string[]> => {
    const ids = Array.from({ length: count }, (_, i) => `${projectId}-${String(from + i)}`);
    for (const [i, id] of ids.entries()) {
      const user = `${projectId}-user-${String(i % 5)}`;
      await pipeline.produce(event(id, user), user, { [headerNames.projectId]: projectId });
    }
    return ids;
  };

  const delivered = async (ids: readonly string[]): Promise<void> => {
    const missing = new Set(ids);
    await pipeline.topics.find(pipeline.topics.names.receipts, ({ value }) => {
      const receipt = JSON.parse(value?.toString() ?? '{}') as { eventId: string; outcome: string };
      if (receipt.outcome === 'delivered') missing.delete(receipt.eventId);
      return missing.size === 0;
    });
  };

  it('delivers the other’s events meanwhile, and the refused one’s in order once its secret is replaced', async () => {
    const first = await send(300, refused);
    await delivered(await send(100, pipeline.projectId));
    const more = await send(100, refused, 300);
    await delivered(await send(100, pipeline.projectId, 100));
    expect((await pipeline.statsigEvents()).filter(({ id }) => id.startsWith(refused))).toEqual([]);

    await store.save({ projectId: refused, serverSecret: 'secret-test' });
    const all = [...first, ...more];
    await delivered(all);
    const late = await send(50, refused, 400);
    await delivered(late);

    const events = (await pipeline.statsigEvents()).filter(({ id }) => id.startsWith(refused));
    expect(events).toHaveLength(450);
    for (let user = 0; user < 5; user++) {
      const userId = `${refused}-user-${String(user)}`;
      const arrived = events
        .filter((one) => one.userId === userId)
        .map(({ id }) => Number(id.split('-').at(-1)));
      expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
    }
    expect(await pipeline.statsigRepeats()).toEqual({});
  });
});
