import { type ConsumedRecord } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { deliveryRecord, projectId } from '../test/deliveries';
import { dispatchBatch } from './dispatch.stage';
import { type PendingDelivery } from './pending-delivery';

describe('dispatching a batch', () => {
  const handled: PendingDelivery[] = [];
  const invalid: { record: ConsumedRecord; detail: string }[] = [];

  async function dispatch(...records: ConsumedRecord[]): Promise<void> {
    handled.length = invalid.length = 0;
    await dispatchBatch(
      {
        topic: 'statsig.deliveries.acme',
        partition: 0,
        records,
        signal: new AbortController().signal,
        ack: () => undefined,
        leave: () => undefined,
      },
      {
        projectId,
        logger: silentLogger,
        dispatcher: {
          deliver: (events) => {
            handled.push(...events);
            return Promise.resolve();
          },
        },
        outcomes: {
          writeNotADelivery: (records_) => {
            invalid.push(...records_);
            return Promise.resolve();
          },
        },
      },
    );
  }

  it('passes on deliveries with a reference to the dead letter they were redriven from', async () => {
    await dispatch(deliveryRecord('anna/1', { headers: { 'redrive-of': 'statsig.dead-letter/0/7' } }));
    expect(handled).toMatchObject([
      { eventId: 'anna/1', orderKey: 'anna', redriveOf: 'statsig.dead-letter/0/7' },
    ]);
  });

  const withHead = (change: object): Buffer => {
    const { body, ...head } = JSON.parse(String(deliveryRecord('x/1').value)) as Record<string, unknown>;
    return Buffer.from(JSON.stringify({ ...head, ...change, body }));
  };

  it('marks sandbox events, which may have a secret of their own', async () => {
    const sandbox = withHead({ environment: 'SANDBOX' });
    await dispatch(deliveryRecord('anna/1'), deliveryRecord('anna/2', { value: sandbox }));
    expect(handled.map(({ isSandbox }) => isSandbox)).toEqual([false, true]);
  });

  it.each<[string, Buffer | null, string]>([
    ['has no value', null, 'no value'],
    ['is not JSON', Buffer.from('garbage'), '"body"'],
    ['has no event id', withHead({ eventId: undefined }), '"eventId"'],
    ['has no receipt time', withHead({ receivedAtMs: 'yesterday' }), '"receivedAtMs"'],
    ['has an unknown format', withHead({ format: 'xml' }), '"format"'],
    ['belongs to another project', withHead({ projectId: 'other' }), 'project "other"'],
  ])('treats a record that %s as invalid, and delivers the others', async (_what, value, detail) => {
    await dispatch(deliveryRecord('anna/1'), deliveryRecord('bad/1', { value }), deliveryRecord('anna/2'));
    expect(handled.map(({ eventId }) => eventId)).toEqual(['anna/1', 'anna/2']);
    expect(invalid).toEqual([
      expect.objectContaining({ detail: expect.stringContaining(detail) as unknown }),
    ]);
  });
});
