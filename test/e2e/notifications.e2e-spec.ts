import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Receipt } from '@app/delivery';
import { RecordProducer } from '@app/kafka';
import { connectRedis } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type LocalRedis, startRedis, until } from '@tools/stack';
import { evaluatorKey } from '../../apps/console/src/notifications/notification-keys';
import { NotificationReceiver } from '../../apps/console/test/notification-receiver';
import { Records } from '../../apps/console/test/records';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet, type AppInstance } from '../chaos/app-fleet';

const token = 'token-of-the-notifications-test';
/** A state is observed every ten seconds; the end of a problem is reported at the next observation after the first. */
const patience = { timeoutMs: 35_000 };
const outcomes = {
  suspended: { outcome: 'retrying', status: 401, suspended: true },
  delivered: { outcome: 'delivered', status: 200 },
} as const satisfies Record<string, Partial<Receipt>>;

describe('notifications of two console processes', () => {
  const records = new Records();
  let folder: string;
  let redis: LocalRedis;
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let receiver: NotificationReceiver;
  let consoles: AppFleet;

  beforeAll(async () => {
    await buildApps();
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-notifications-'));
    // A separate Redis, because all channels of a Redis are notified.
    [redis, topics, receiver] = await Promise.all([
      startRedis(),
      scratchTopics(),
      NotificationReceiver.start(),
    ]);
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    consoles = new AppFleet(
      'console',
      {
        KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
        KAFKA_TOPIC_PREFIX: topics.prefix,
        REDIS_URL: redis.url,
        STATSIG_SERVER_SECRET: 'secret-test',
        SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        CONSOLE_TOKEN: token,
        NOTIFICATION_RECOVERED_AFTER: '1ms',
      },
      folder,
    );
  }, 300_000);

  afterAll(async () => {
    await consoles.stop();
    await producer.disconnect();
    await topics.remove();
    await Promise.all([redis.stop(), receiver.stop()]);
    await rm(folder, { recursive: true });
  }, 60_000);

  /** Starts a console with a read model of its own, and waits until it is ready. */
  async function startConsole(name: string): Promise<AppInstance> {
    const instance = await consoles.start({ CONSOLE_DATABASE: path.join(folder, `${name}.sqlite`) });
    await consoles.ready();
    return instance;
  }

  /** Writes an event, its delivery and a receipt with this outcome. */
  async function statsigResponds(outcome: keyof typeof outcomes): Promise<void> {
    const id = `event-${outcome}`;
    const write = (topic: string, { value, headers }: ReturnType<Records['record']>): Promise<void> =>
      producer.send([{ topic, key: 'default:ann', value, headers: { ...headers } }]);
    await write(topics.names.events, records.event(id));
    await write(await topics.deliveriesOf('default'), records.delivery(id));
    await write(topics.names.receipts, records.receipt(id, { ...outcomes[outcome], atMs: Date.now() }));
  }

  const untilReceived = (...types: string[]): Promise<void> =>
    until(() => {
      expect(receiver.types()).toEqual(types);
      return Promise.resolve();
    }, patience);

  /** Waits until a console evaluates again, after the one that did was stopped. */
  async function untilEvaluated(): Promise<void> {
    const client = connectRedis({ REDIS_URL: [redis.url] }, silentLogger);
    await until(async () => {
      expect(await client.exists(evaluatorKey)).toBe(1);
    }, patience);
    client.disconnect();
  }

  async function hasReportedChange({ name }: AppInstance): Promise<boolean> {
    return (await readFile(path.join(folder, `${name}.log`), 'utf8')).includes('"msg":"state changed"');
  }

  it('are one message for the suspension and one for the recovery, although the reporting one is replaced', async () => {
    const one = await startConsole('one');
    const added = await fetch(`${one.url}/api/notification-channels`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'webhook', name: 'Pager', url: receiver.url, subjects: ['delivery'] }),
    });
    expect(added.status).toBe(201);
    await statsigResponds('suspended');
    const other = await startConsole('other');
    await untilReceived('integration.suspended');

    const [reporting, waiting] = (await hasReportedChange(one)) ? [one, other] : [other, one];
    expect(await hasReportedChange(waiting)).toBe(false);
    await consoles.terminate(reporting);
    // Its read model is empty, so it reads the suspension again.
    await startConsole('replacement');
    await untilEvaluated();
    await statsigResponds('delivered');
    await untilReceived('integration.suspended', 'integration.recovered');
    expect(new Set(receiver.ids()).size).toBe(2);
  }, 60_000);
});
