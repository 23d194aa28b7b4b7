import { randomUUID } from 'node:crypto';
import { SecretBox } from '@app/integrations';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { NotificationReceiver } from '../../test/notification-receiver';
import { type Channel } from './channel';
import { ChannelClient } from './channel-client';
import { ChannelStore } from './channel-store';
import { testNotification } from './notification';
import { deliveryKey, evaluatorKey } from './notification-keys';
import { NotificationMonitor } from './notification-monitor';
import { type AttemptOutcome, type ClaimedMessage, NotificationQueue } from './notification-queue';
import { NotificationSender } from './notification-sender';
import { type Observation, type ObservedIntegration } from './observation';

/** A separate database, because all channels of a database are notified. */
const redisUrl = new URL('/11', process.env['REDIS_URL']).toString();
const settings = { retryingAfterMs: 0, recoveredAfterMs: 0, silenceAfterMs: 3_600_000 };
const running = new AbortController().signal;

const box = new SecretBox([Buffer.alloc(32, 5)]);

/** The part of a console that notifies, with a client of its own. */
class NotifyingConsole {
  private readonly redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
  private readonly client = new ChannelClient(true, 5_000);
  readonly store = new ChannelStore(this.redis, box);
  readonly queue = new NotificationQueue(this.redis, randomUUID());
  private readonly sender = new NotificationSender(this.queue, this.client, undefined, silentLogger);
  private readonly monitor: NotificationMonitor;

  constructor(observe: () => Promise<Observation>) {
    this.monitor = new NotificationMonitor(observe, this.store, this.queue, settings, silentLogger);
  }

  evaluate(): Promise<void> {
    return this.monitor.evaluate();
  }

  async sendDue(): Promise<void> {
    await this.sender.sendDue(await this.store.list(), running);
  }

  /** Sends a message without recording that it was sent. */
  async send(channel: Channel, { notification }: ClaimedMessage): Promise<void> {
    await this.sender.send(channel, notification);
  }

  async stop(): Promise<void> {
    await this.client.close();
    this.redis.disconnect();
  }
}

describe('notifications of several consoles', () => {
  let redis: RedisClient;
  let receiver: NotificationReceiver;
  let state: ObservedIntegration['state'];
  const consoles: NotifyingConsole[] = [];

  beforeAll(() => {
    redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
  });

  beforeEach(async () => {
    await redis.flushdb();
    receiver = await NotificationReceiver.start();
    state = 'delivering';
  });

  afterEach(async () => {
    await Promise.all(consoles.splice(0).map((one) => one.stop()));
    await receiver.stop();
  });

  afterAll(() => {
    redis.disconnect();
  });

  const observe = (): Promise<Observation> =>
    Promise.resolve({
      nowMs: Date.now(),
      integrations: [{ projectId: 'shop', state, status: 401 }],
      ...{ deadLetters: [], rejectedWebhooks: undefined, arrivals: undefined, backlogs: undefined },
    });

  function open(): NotifyingConsole {
    const one = new NotifyingConsole(observe);
    consoles.push(one);
    return one;
  }

  const channel = (fields: Partial<Channel> = {}): Channel =>
    Object.assign(
      {
        ...{ id: randomUUID(), kind: 'webhook' as const, name: 'Pager', projectId: null },
        ...{ subjects: ['delivery' as const], url: receiver.url, secret: 'whsec_c2VjcmV0' },
      },
      fields,
    );

  /** Like the death of a process: its lease is not released. */
  async function expireEvaluator(): Promise<void> {
    await redis.del(evaluatorKey);
  }

  it('are one message for each change, however often two consoles evaluate and send at the same time', async () => {
    const [one, other] = [open(), open()];
    await one.store.add(channel());
    for (const next of ['suspended', 'delivering', 'suspended'] as const) {
      state = next;
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([one, other, one, other].map((each) => each.evaluate()));
        await Promise.all([one, other, one, other].map((each) => each.sendDue()));
      }
    }
    expect(receiver.types()).toEqual([
      'integration.suspended',
      'integration.recovered',
      'integration.suspended',
    ]);
    expect(new Set(receiver.ids()).size).toBe(3);
  });

  it('are not repeated by a console that starts later or again', async () => {
    const first = open();
    await first.store.add(channel());
    state = 'suspended';
    await first.evaluate();
    await first.sendDue();
    await first.stop();
    consoles.splice(0);
    await expireEvaluator();
    const restarted = open();
    await restarted.evaluate();
    await restarted.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended']);
    state = 'delivering';
    await restarted.evaluate();
    await restarted.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended', 'integration.recovered']);
  });

  it('are sent by another console if the first one died before it sent them', async () => {
    const [first, other] = [open(), open()];
    await first.store.add(channel());
    state = 'suspended';
    await first.evaluate();
    await other.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended']);
  });

  it('are stored once even if a console that was paused evaluates what another one has evaluated since', async () => {
    const other = open();
    await other.store.add(channel());
    state = 'suspended';
    const paused = new NotifyingConsole(async () => {
      await expireEvaluator();
      await other.evaluate();
      return observe();
    });
    consoles.push(paused);
    await paused.evaluate();
    await other.sendDue();
    await paused.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended']);
  });

  it('are not stored by a console that was paused until the state had changed and changed back', async () => {
    const other = open();
    await other.store.add(channel());
    await other.evaluate();
    await expireEvaluator();
    const paused = new NotifyingConsole(async () => {
      state = 'suspended';
      const stale = await observe();
      await expireEvaluator();
      await other.evaluate();
      state = 'delivering';
      await other.evaluate();
      return stale;
    });
    consoles.push(paused);
    await paused.evaluate();
    await other.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended', 'integration.recovered']);
  });

  it('are repeated with the same id if a console dies between sending and recording it', async () => {
    const [dying, other] = [open(), open()];
    const { id } = channel();
    await dying.store.add(channel({ id }));
    state = 'suspended';
    await dying.evaluate();
    const claimed = await dying.queue.claim(id, 'token', 100);
    if (claimed === undefined) throw new Error('nothing was queued');
    await dying.send(channel({ id }), claimed);
    let repetition: ClaimedMessage | undefined;
    while (repetition === undefined) repetition = await other.queue.claim(id, 'other token', 60_000);
    expect([claimed.isPossibleRepeat, repetition.isPossibleRepeat]).toEqual([false, true]);
    expect(await other.queue.release(repetition, { kind: 'retry', delayMs: 0, detail: 'x' })).toBe(true);
    await other.sendDue();
    await other.sendDue();
    expect(receiver.ids()).toEqual([claimed.notification.id, claimed.notification.id]);
    // It was not dead, only slow.
    expect(await dying.queue.release(claimed, { kind: 'sent' })).toBe(false);
    expect(await other.queue.deliveryOf(id)).toMatchObject({ queued: 0, dropped: 0 });
  });

  it('are sent although the console that evaluates first cannot read everything', async () => {
    const lagging = new NotifyingConsole(async () => ({
      ...(await observe()),
      ...{ integrations: undefined, deadLetters: undefined },
    }));
    const other = open();
    consoles.push(lagging);
    await other.store.add(channel());
    state = 'suspended';
    await lagging.evaluate();
    await other.evaluate();
    // The first one does not take over again while the other one evaluates.
    await lagging.evaluate();
    expect(await redis.get(evaluatorKey)).not.toBeNull();
    await other.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended']);
  });

  it('are not sent by another console while one has claimed them', async () => {
    const [one, other] = [open(), open()];
    const { id } = channel();
    await one.store.add(channel({ id }));
    state = 'suspended';
    await one.evaluate();
    const claimed = await one.queue.claim(id, 'token', 60_000);
    await other.sendDue();
    expect(receiver.messages).toEqual([]);
    const retry: AttemptOutcome = { kind: 'retry', delayMs: 0, detail: 'x' };
    expect(claimed && (await one.queue.release(claimed, retry))).toBe(true);
    await other.sendDue();
    expect(receiver.ids()).toEqual([claimed?.notification.id]);
  });

  it('are retried with the same id and body, in order, and show the failure', async () => {
    const one = open();
    const { id } = channel();
    await one.store.add(channel({ id }));
    receiver.respond = (response) => response.writeHead(500).end();
    for (const next of ['suspended', 'delivering'] as const) {
      state = next;
      await one.evaluate();
      await one.sendDue();
    }
    expect(receiver.types()).toEqual(['integration.suspended']);
    expect(await one.queue.deliveryOf(id)).toMatchObject({
      queued: 2,
      attempts: 1,
      dueAtMs: expect.any(Number) as number,
      lastError: 'The receiver responded with 500.',
    });
    receiver.respond = undefined;
    await redis.hset(deliveryKey(id), 'dueAtMs', 0);
    await one.sendDue();
    expect(receiver.types()).toEqual([
      'integration.suspended',
      'integration.suspended',
      'integration.recovered',
    ]);
    const [first, second] = receiver.messages;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
    expect(await one.queue.deliveryOf(id)).toEqual({
      ...{ queued: 0, attempts: 0, dropped: 0, lastSuccessAtMs: expect.any(Number) as number },
      ...{ lastErrorAtMs: expect.any(Number) as number, lastError: 'The receiver responded with 500.' },
    });
  });

  it('reach a channel while another one fails, and only channels for their project and subject', async () => {
    const one = open();
    const dead = channel({ name: 'Dead', url: 'http://127.0.0.1:9/' });
    const ids = {
      dead: dead.id,
      ofProject: randomUUID(),
      ofOther: randomUUID(),
      retention: randomUUID(),
    };
    await one.store.add(dead);
    await one.store.add(channel({ id: ids.ofProject, projectId: 'shop' }));
    await one.store.add(channel({ id: ids.ofOther, projectId: 'other' }));
    await one.store.add(channel({ id: ids.retention, subjects: ['retention'] }));
    state = 'suspended';
    await one.evaluate();
    await one.sendDue();
    expect(receiver.types()).toEqual(['integration.suspended']);
    expect((await one.queue.deliveryOf(ids.dead)).queued).toBe(1);
    expect((await one.queue.deliveryOf(ids.ofOther)).lastSuccessAtMs).toBeUndefined();
    expect((await one.queue.deliveryOf(ids.retention)).lastSuccessAtMs).toBeUndefined();
  });

  it('wait in a bounded number, and not at all for a channel that was removed', async () => {
    const one = open();
    const { id } = channel();
    await one.store.add(channel({ id }));
    const messages = Array.from({ length: 505 }, (_, i) => ({
      channelId: id,
      notification: testNotification(`n${i}`, null, Date.now()),
    }));
    await one.queue.becomeEvaluator(60_000);
    expect(await one.queue.commit('', {}, messages)).toBe(true);
    expect(await one.queue.deliveryOf(id)).toMatchObject({ queued: 500, dropped: 5 });
    const claimed = await one.queue.claim(id, 'token', 60_000);
    expect(claimed?.notification.id).toBe('n5');
    await one.store.remove(id);
    if (claimed !== undefined) await one.queue.release(claimed, { kind: 'sent' });
    expect(await one.queue.commit('{}', {}, messages)).toBe(true);
    expect(await redis.keys(`*${id}*`)).toEqual([]);
  });

  it('have no URL and no secret in Redis that is not encrypted', async () => {
    const one = open();
    const added = await one.store.add(channel());
    state = 'suspended';
    await one.evaluate();
    expect(added.opened).toMatchObject({ kind: 'readable', channel: { url: receiver.url } });
    for (const key of await redis.keys('*')) {
      const dump = (await redis.dumpBuffer(key)).toString('latin1');
      expect(dump).not.toContain('/hook');
      expect(dump).not.toContain('whsec_');
    }
    const otherBox = new SecretBox([Buffer.alloc(32, 6)]);
    expect(await new ChannelStore(redis, otherBox).list()).toMatchObject([
      { opened: { kind: 'unreadable' }, sealed: { name: 'Pager' } },
    ]);
  });
});
