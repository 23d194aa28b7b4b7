import { type ProducedRecord, topicNames } from '@app/kafka';
import { silentLogger } from '@app/testing';
import { deliveryRecord, pendingDelivery, projectId } from '../test/deliveries';
import { OutcomeWriter } from './outcome-writer';

const topics = topicNames();

function writer(send?: () => Promise<void>) {
  const written: ProducedRecord[] = [];
  const outcomes = new OutcomeWriter(
    projectId,
    {
      send: (records) => {
        written.push(...records);
        return send?.() ?? Promise.resolve();
      },
    },
    topics,
    silentLogger,
  );
  const receipts = (): unknown[] =>
    written
      .filter(({ topic }) => topic === topics.receipts)
      .map(({ value }) => JSON.parse(String(value)) as unknown);
  return { outcomes, written, receipts };
}

describe('the outcome writer', () => {
  it('acks a delivered event after writing its receipt', async () => {
    let acknowledge = (): void => undefined;
    const { outcomes, receipts } = writer(() => new Promise<void>((resolve) => (acknowledge = resolve)));
    const event = pendingDelivery('anna/1');
    event.progress.attempts = 2;
    event.progress.maybeDelivered = true;
    const request = {
      events: [event],
      isIndependent: false,
      sentAtMs: 10,
      respondedAtMs: 52,
      status: 200,
      then: [],
    };
    const done = outcomes.writeDelivered([{ event, request }]);
    expect(event.state).toBe('held');
    acknowledge();
    await done;
    expect(event.state).toBe('acked');
    expect(receipts()).toEqual([
      expect.objectContaining({
        eventId: 'anna/1',
        outcome: 'delivered',
        attempt: 2,
        status: 200,
        latencyMs: 42,
        previousAmbiguous: true,
      }),
    ]);
  });

  it('leaves an event in Kafka if it failed to write the outcome', async () => {
    const { outcomes } = writer(() => Promise.reject(new Error('closed')));
    const event = pendingDelivery('anna/1');
    await outcomes.writeDuplicate({ kind: 'duplicate', event, isCertain: true });
    expect(event.state).toBe('left');
  });

  it('explains in the receipt of a copy of a maybe delivered event what to do', async () => {
    const { outcomes, receipts } = writer();
    await outcomes.writeDuplicate({ kind: 'duplicate', event: pendingDelivery('anna/1'), isCertain: false });
    expect(receipts()).toMatchObject([{ outcome: 'duplicate', reason: 'maybe_delivered' }]);
  });

  it('writes a dead letter with the unchanged record, and a receipt', async () => {
    const { outcomes, written, receipts } = writer();
    const event = pendingDelivery('anna/1');
    await outcomes.writeDeadLetter(
      {
        kind: 'dead_letter',
        event,
        reason: 'statsig_400',
        detail: 'bad',
        isAmbiguous: false,
      },
      () => {
        expect([event.state, written.length]).toEqual(['held', 2]);
        return Promise.resolve();
      },
    );
    const letter = written.find(({ topic }) => topic === topics.deliveriesDeadLetter);
    expect(letter).toMatchObject({ key: event.record.key, value: event.record.value });
    expect(letter?.headers).toMatchObject({ 'dead-letter-reason': 'statsig_400' });
    expect(receipts()).toMatchObject([{ outcome: 'dead_lettered', reason: 'statsig_400' }]);
    expect(event.state).toBe('acked');
  });

  it('dead-letters a record that is not a delivery, and acks it', async () => {
    const { outcomes, written } = writer();
    const record = deliveryRecord('x/1', { value: null });
    const acked: unknown[] = [];
    await outcomes.writeNotADelivery([{ record, detail: 'the record has no value' }], (one) =>
      acked.push(one),
    );
    expect(written).toMatchObject([{ topic: topics.deliveriesDeadLetter, value: null }]);
    expect(acked).toEqual([record]);
  });

  it('reports the wall-clock time of the next attempt', async () => {
    const { outcomes, receipts } = writer();
    const event = pendingDelivery('anna/1');
    const before = Date.now();
    outcomes.writeRetrying(
      {
        kind: 'retrying',
        events: [event],
        request: { events: [event], isIndependent: false, sentAtMs: 100, then: [] },
        verdict: { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false },
        nextAttemptAtMs: 5_100,
      },
      100,
    );
    await new Promise(setImmediate);
    const [receipt] = receipts() as { nextAttemptAtMs: number }[];
    expect(receipt?.nextAttemptAtMs).toBeGreaterThanOrEqual(before + 5_000);
    expect(receipt?.nextAttemptAtMs).toBeLessThanOrEqual(Date.now() + 5_000);
    expect(event.state).toBe('held');
  });

  it('says in a receipt that the integration is suspended, and whether the secret was that for sandbox events', async () => {
    const { outcomes, receipts } = writer();
    const event = pendingDelivery('anna/1');
    const request = { events: [event], isIndependent: false, sentAtMs: 0, status: 400, then: [] };
    const verdict = { kind: 'suspend', reason: 'statsig_400', detail: '' } as const;
    const retrying = { kind: 'retrying', events: [event], request, verdict, nextAttemptAtMs: 0 } as const;
    outcomes.writeRetrying(retrying, 0);
    await outcomes.writeDelivered([{ event, request: { ...request, isIndependent: true } }]);
    expect(receipts()).toEqual([
      expect.objectContaining({ outcome: 'retrying', suspended: true }),
      expect.objectContaining({ outcome: 'delivered', sandboxSecret: true }),
    ]);
    expect(receipts()[0]).not.toHaveProperty('sandboxSecret');
  });
});
