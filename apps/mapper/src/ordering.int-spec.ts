import { CustomerLookup, ProfileStore, RevenueCatApi } from '@app/identity';
import { type ConsumedRecord } from '@app/kafka';
import { connectRedis } from '@app/platform';
import { type JsonObject } from '@app/revenuecat';
import { silentLogger } from '@app/testing';
import { mapBatch } from './mapper.stage';
import { eventBody } from '../../../libs/mapping/test/mapping.builder';
import { batchOf, deliveriesIn, eventRecord, portsWith } from '../test/stage.builder';

const anonymous = '$RCAnonymousID:aaaa0000aaaa0000aaaa0000aaaa0001';

describe('the order of deliveries of one customer', () => {
  const redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
  const revenueCat = new RevenueCatApi('http://127.0.0.1:1');
  const lookup = new CustomerLookup(redis, revenueCat, { timeoutMs: 1, absentMs: 1 }, silentLogger);
  let projects = 0;

  afterAll(async () => {
    await revenueCat.close();
    redis.disconnect();
  });

  /** Maps batches in a new project, as one mapper does, and returns the deliveries in the order in which they were written. */
  async function mapped(...batches: ((projectId: string) => ConsumedRecord[])[]) {
    const projectId = `order-${process.pid}-${++projects}`;
    const ports = portsWith({ profiles: new ProfileStore(redis, { ttlMs: 86_400_000 }), lookup });
    for (const records of batches) await mapBatch(batchOf(records(projectId)), ports);
    return deliveriesIn(ports.written).map(({ key, ...rest }) => ({
      ...rest,
      key: key.replace(projectId, 'p'),
    }));
  }

  const event = (id: string, fields: JsonObject) => (projectId: string) =>
    eventRecord(eventBody({ id, ...fields }), { projectId });

  const purchase = event('purchase', {
    app_user_id: anonymous,
    original_app_user_id: anonymous,
    aliases: [anonymous],
  });
  const renewal = event('renewal', {
    app_user_id: 'kim-42',
    original_app_user_id: 'kim-42',
    aliases: ['kim-42', anonymous],
  });

  it.each([
    ['in one batch', [(p: string) => [purchase(p), renewal(p)]]],
    ['in two batches', [(p: string) => [purchase(p)], (p: string) => [renewal(p)]]],
    ['and read again', [(p: string) => [purchase(p)], (p: string) => [purchase(p), renewal(p)]]],
  ])('is kept when RevenueCat changes the original id of a merged customer, %s', async (_how, batches) => {
    const deliveries = await mapped(...batches);
    expect(new Set(deliveries.map(({ key }) => key))).toEqual(new Set([`p:${anonymous}`]));
    expect(new Set(deliveries.map(({ partition }) => partition)).size).toBe(1);
    expect(deliveries.at(-1)?.eventId).toBe('renewal');
  });

  const transfer = (projectId: string) =>
    eventRecord(
      {
        event: {
          ...{ id: 'transfer', type: 'TRANSFER', environment: 'PRODUCTION' },
          transferred_from: ['kim-42', anonymous],
          transferred_to: ['lea-c'],
        },
      },
      { projectId },
    );

  it('includes each side of a transfer and the purchases of the same customer', async () => {
    const deliveries = await mapped(
      (p) => [purchase(p), renewal(p)],
      (p) => [transfer(p)],
    );
    expect(deliveries.map(({ eventId, key }) => [eventId, key])).toEqual([
      ['purchase', `p:${anonymous}`],
      ['renewal', `p:${anonymous}`],
      ['transfer:from', `p:${anonymous}`],
      ['transfer:to', 'p:lea-c'],
    ]);
  });

  it('uses the same key for a purchase that a lagging mapper maps after the transfer', async () => {
    const ofTaker = event('of-taker', {
      app_user_id: 'lea-c',
      original_app_user_id: 'lea-first',
      aliases: [],
    });
    const deliveries = await mapped(
      (p) => [transfer(p)],
      (p) => [purchase(p), renewal(p), ofTaker(p)],
    );
    expect(deliveries.map(({ eventId, key }) => [eventId, key])).toEqual([
      ['transfer:from', 'p:kim-42'],
      ['transfer:to', 'p:lea-c'],
      ['purchase', 'p:kim-42'],
      ['renewal', 'p:kim-42'],
      ['of-taker', 'p:lea-c'],
    ]);
  });

  it('uses the same key for an event that arrives under two Kafka keys, so that its second copy is a duplicate', async () => {
    const copies = (p: string) => [
      { ...renewal(p), key: Buffer.from(`${p}:kim-42`) },
      event('renewal', { app_user_id: 'kim-42', original_app_user_id: null, aliases: [] })(p),
    ];
    const [first, second] = await mapped(copies);
    expect(second).toEqual(first);
  });

  it('uses the same key for an app user id as a number and as text', async () => {
    const ofId = (id: string, appUserId: string | number) =>
      event(id, { app_user_id: appUserId, original_app_user_id: appUserId, aliases: [appUserId] });
    const numbers = [ofId('1', 41_234_567_890), ofId('2', '41234567890'), ofId('3', 41_234_567_890)];
    const deliveries = await mapped((p) => numbers.map((record) => record(p)));
    expect(deliveries.map(({ eventId, key }) => [eventId, key])).toEqual([
      ['1', 'p:41234567890'],
      ['2', 'p:41234567890'],
      ['3', 'p:41234567890'],
    ]);
  });
});
