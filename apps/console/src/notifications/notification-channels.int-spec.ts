import { RecordProducer } from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type ChannelTestResult, type ChannelView, type ChannelWithSecret } from '../../api/notifications';
import { NotificationReceiver } from '../../test/notification-receiver';
import { Records } from '../../test/records';
import { RunningConsole } from '../../test/running-console';

/** A separate database, because all channels of a database are notified. */
const redisUrl = new URL('/12', process.env['REDIS_URL']).toString();
const key = Buffer.alloc(32, 3).toString('base64');

describe('notification channels in the console', () => {
  let topics: ScratchTopics;
  let redis: RedisClient;
  let producer: RecordProducer;
  let receiver: NotificationReceiver;
  let console: RunningConsole;

  beforeAll(async () => {
    topics = await scratchTopics();
    redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
    await redis.flushdb();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    receiver = await NotificationReceiver.start();
    console = await RunningConsole.start(topics.prefix, {
      REDIS_URL: redisUrl,
      SETTINGS_ENCRYPTION_KEY: key,
      CONSOLE_PUBLIC_URL: 'https://console.example',
      NOTIFICATION_RECOVERED_AFTER: '1ms',
    });
  });

  afterAll(async () => {
    await console.stop();
    await producer.disconnect();
    await receiver.stop();
    redis.disconnect();
    await topics.remove();
  });

  beforeEach(() => {
    receiver.messages.length = 0;
    receiver.respond = undefined;
  });

  const json = async <T>(response: Response, status = 200): Promise<T> => {
    const text = await response.text();
    expect([response.status, text]).toEqual([status, text]);
    return JSON.parse(text) as T;
  };

  const add = async (fields: Record<string, unknown> = {}): Promise<ChannelWithSecret> =>
    json(
      await console.do('notification-channels', {
        ...{ kind: 'webhook', name: 'Pager', url: `${receiver.url}-secret`, ...fields },
      }),
      201,
    );

  it('are added, tested, changed and removed, and recorded without their secrets', async () => {
    const { secret, ...added } = await add();
    expect(secret).toMatch(/^whsec_/);
    expect(added).toMatchObject({
      name: 'Pager',
      projectId: null,
      destination: `http://127.0.0.1:${receiver.port}/…cret`,
    });
    const path = `notification-channels/${added.id}`;
    expect(await json<ChannelView[]>(await console.get('notification-channels'))).toEqual([added]);
    expect(await json<ChannelTestResult>(await console.do(`${path}/test`))).toMatchObject({
      ...{ isAccepted: true, status: 204 },
    });
    expect(receiver.types()).toEqual(['test']);
    receiver.respond = (response) => response.writeHead(404).end();
    expect(await json<ChannelTestResult>(await console.do(`${path}/test`))).toMatchObject({
      ...{ isAccepted: false, status: 404 },
    });

    const change = { name: 'Night', projectId: 'shop', subjects: ['silence'], version: added.version };
    const changed = await json<ChannelView>(await console.put(path, change));
    expect(changed).toMatchObject({
      ...{ ...added, name: 'Night', projectId: 'shop', subjects: ['silence'] },
      version: expect.any(String) as string,
    });
    expect((await console.put(path, change)).status).toBe(409);
    const rotated = await json<ChannelWithSecret>(await console.do(`${path}/secret`));
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret);
    expect((await console.remove(path)).status).toBe(204);
    expect((await console.do(`${path}/test`)).status).toBe(404);

    const isLast = ({ value }: { value: Buffer | null }): boolean =>
      value?.includes('remove_notification_channel') ?? false;
    const records = (await topics.readUntil(topics.names.audit, isLast)).map(({ value }) => String(value));
    const actions = records.map((text) => (JSON.parse(text) as { action: string }).action);
    expect(actions).toEqual([
      'add_notification_channel',
      'test_notification_channel',
      'test_notification_channel',
      'change_notification_channel',
      // The rejected change, and its failure.
      'change_notification_channel',
      'change_notification_channel',
      'rotate_notification_secret',
      'remove_notification_channel',
    ]);
    expect(records.join()).not.toContain('hook-secret');
    expect(records.join()).not.toContain('whsec_');
  });

  it.each(['http://example.com/hook', 'https://169.254.169.254/', 'https://user:word@example.com/', 'hook'])(
    'do not have the URL %s',
    async (url) => {
      expect((await console.do('notification-channels', { kind: 'slack', name: 'x', url })).status).toBe(400);
    },
  );

  // The console must have read the topics and compared them twice.
  it('receive one notification of a suspended integration and of the first dead letter of a reason', async () => {
    const { id } = await add();
    await console.do('integrations', { projectId: 'default', serverSecret: 'secret-0123456789abcdef' });
    const records = new Records();
    const now = { atMs: Date.now(), sinceReceivedMs: 10 };
    const receipt = records.receipt('e1', { outcome: 'retrying', status: 401, suspended: true, ...now });
    const letters = ['d1', 'd2'].map((event) => records.deadLetter(event));
    await producer.send([
      { topic: topics.names.receipts, key: 'default:ann', value: receipt.value },
      ...letters.map(({ value, headers }) => ({
        ...{ topic: topics.names.deliveriesDeadLetter, key: 'default:ann', value, headers },
      })),
    ]);
    while (receiver.messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.types().toSorted()).toEqual(['dead_letters.opened', 'integration.suspended']);
    const bodies = receiver.messages.map(({ body }) => body).join();
    expect(bodies).toContain('"status":401');
    expect(bodies).toContain('"reason":"statsig_400"');
    expect(bodies).toContain('https://console.example/integrations/default');
    expect(bodies).not.toContain('ann');

    const accepted = records.receipt('e1', { outcome: 'delivered', ...now, atMs: Date.now() + 1 });
    await producer.send([{ topic: topics.names.receipts, key: 'default:ann', value: accepted.value }]);
    while (receiver.messages.length < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.types()[2]).toBe('integration.recovered');
    const [view] = await json<ChannelView[]>(await console.get('notification-channels'));
    expect(view).toMatchObject({ id, delivery: { queued: 0, lastError: null, dropped: 0 } });
  }, 180_000);
});
