import { type MarkResult } from '@app/delivery';
import { silentLogger } from '@app/testing';
import { pendingDelivery, projectId } from '../test/deliveries';
import { type AcceptedDelivery, DeliveryRecorder } from './delivery-recorder';

const accepted = (...names: string[]): AcceptedDelivery[] =>
  names.map((name) => {
    const event = pendingDelivery(name);
    return { event, request: { events: [event], isIndependent: false, sentAtMs: 0, then: [] } };
  });

describe('the delivery recorder', () => {
  it('marks events together that are accepted while earlier ones are being marked', async () => {
    const calls: string[][] = [];
    const finish: (() => void)[] = [];
    const marked: string[] = [];
    const recorder = new DeliveryRecorder(
      projectId,
      {
        markDelivered: (entries) => {
          calls.push(entries.map(({ eventId }) => eventId));
          return new Promise((resolve) => {
            finish.push(() => {
              resolve(entries.map(() => 'owned'));
            });
          });
        },
      },
      (events) => marked.push(...events.map(({ event }) => event.eventId)),
      silentLogger,
    );
    recorder.record(accepted('a/1'));
    recorder.record(accepted('b/1'));
    recorder.record(accepted('c/1'));
    for (let i = 0; i < 2; i++) {
      finish[i]?.();
      await new Promise(setImmediate);
    }
    expect(calls).toEqual([['a/1'], ['b/1', 'c/1']]);
    expect(marked).toEqual(['a/1', 'b/1', 'c/1']);
  });

  it('retries events that it failed to mark, without delaying others', async () => {
    const results: (MarkResult | Error)[][] = [['owned', new Error('READONLY')], ['owned']];
    const marked: string[] = [];
    await new Promise<void>((resolve) => {
      const recorder = new DeliveryRecorder(
        projectId,
        { markDelivered: () => Promise.resolve(results.shift() ?? []) },
        (events) => {
          marked.push(...events.map(({ event }) => event.eventId));
          if (marked.length === 2) resolve();
        },
        silentLogger,
      );
      recorder.record(accepted('a/1', 'b/1'));
    });
    expect(marked).toEqual(['a/1', 'b/1']);
  });
});
