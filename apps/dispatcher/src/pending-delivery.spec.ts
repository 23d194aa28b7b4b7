import { type ConsumedRecord } from '@app/kafka';
import { deliveryRecord, projectId } from '../test/deliveries';
import { openRecord } from './pending-delivery';

describe('a pending delivery', () => {
  const calls: [string, ConsumedRecord][] = [];
  const batch = {
    ack: (record: ConsumedRecord) => calls.push(['ack', record]),
    leave: (record: ConsumedRecord) => calls.push(['leave', record]),
  };

  beforeEach(() => {
    calls.length = 0;
  });

  it('has the key of its record as its order key, and the unchanged body', () => {
    const record = deliveryRecord('anna/1');
    expect(openRecord(record, projectId, batch)).toMatchObject({
      projectId,
      eventId: 'anna/1',
      orderKey: 'anna',
      format: 'revenuecat',
      body: Buffer.from('{"event":{}}'),
      bytes: 12,
      progress: { attempts: 0, isRevoked: false },
    });
  });

  it('is not ordered with any other if its record has no key', () => {
    const [first, second] = ['anna/1', 'anna/2'].map((name) =>
      openRecord(deliveryRecord(name, { key: null }), projectId, batch),
    );
    expect(first?.orderKey).not.toBe(second?.orderKey);
  });

  it('refers to the dead letter that its record was redriven from', () => {
    const record = deliveryRecord('anna/1', { headers: { 'redrive-of': 'statsig.dead-letter/0/7' } });
    expect(openRecord(record, projectId, batch).redriveOf).toBe('statsig.dead-letter/0/7');
    expect(openRecord(deliveryRecord('anna/1'), projectId, batch)).not.toHaveProperty('redriveOf');
  });

  it('acks and leaves its own record', () => {
    const record = deliveryRecord('anna/1');
    const delivery = openRecord(record, projectId, batch);
    delivery.ack();
    delivery.leave();
    expect(calls).toEqual([
      ['ack', record],
      ['leave', record],
    ]);
  });

  it.each<[string, Partial<ConsumedRecord>, string]>([
    ['without a value', { value: null }, 'no value'],
    ['that is not a delivery', { value: Buffer.from('{}') }, 'no "body"'],
  ])('is not created from a record %s', (_, over, message) => {
    expect(() => openRecord(deliveryRecord('anna/1', over), projectId, batch)).toThrow(message);
  });

  it('is not created from a delivery of another project', () => {
    expect(() => openRecord(deliveryRecord('anna/1'), 'other', batch)).toThrow(
      'project "acme", not to "other"',
    );
  });
});
