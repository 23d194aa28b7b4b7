import { type IncomingEvent } from '../incoming/incoming-event';
import { EventRecorder } from './event-recorder';

function event(given: Partial<IncomingEvent> = {}): IncomingEvent {
  return {
    id: 'e1',
    userId: 'u1',
    name: 'RENEWAL',
    value: 4.99,
    environment: 'PRODUCTION',
    isProduction: true,
    ...given,
  };
}

function acceptedRequest(body = '{}') {
  return { endpoint: 'log_event', body: Buffer.from(body), headers: {}, receivedAtMs: 1 } as const;
}

function recorder({ events = 100, bytes = 1_000_000 } = {}): EventRecorder {
  return new EventRecorder({ events, bytes });
}

const all = { since: 0, limit: 100 };

describe('the event recorder', () => {
  it('numbers events in order of arrival', () => {
    const recorded = recorder();
    recorded.record(acceptedRequest(), [event({ id: 'a' }), event({ id: 'b' })], false);
    recorded.record(acceptedRequest(), [event({ id: 'c' })], false);
    expect(recorded.find(all).map(({ seq, id, index }) => [seq, id, index])).toEqual([
      [1, 'a', 0],
      [2, 'b', 1],
      [3, 'c', 0],
    ]);
  });

  it('counts how often each id was accepted', () => {
    const recorded = recorder();
    for (const id of ['a', 'b', 'a', 'a']) recorded.record(acceptedRequest(), [event({ id })], false);
    expect(recorded.acceptances.repeats).toEqual(new Map([['a', 3]]));
    expect(recorded.acceptances.distinct).toBe(2);
    expect(recorded.find({ ...all, id: 'a' }).map(({ acceptance }) => acceptance)).toEqual([1, 2, 3]);
  });

  it('does not count events without an id as repeats', () => {
    const recorded = recorder();
    recorded.record(acceptedRequest(), [event({ id: undefined }), event({ id: undefined })], false);
    expect(recorded.acceptances.repeats.size).toBe(0);
    expect(recorded.recorded).toBe(2);
  });

  it('finds both sides of a transfer by their shared id', () => {
    const recorded = recorder();
    recorded.record(
      acceptedRequest(),
      [event({ id: 't:from' }), event({ id: 'a' }), event({ id: 't:to' })],
      false,
    );
    expect(recorded.find({ ...all, id: 't' }).map(({ id }) => id)).toEqual(['t:from', 't:to']);
  });

  it('finds by id, by user, and after a sequence number', () => {
    const recorded = recorder();
    recorded.record(
      acceptedRequest(),
      [
        event({ id: 'a', userId: 'u1' }),
        event({ id: 'b', userId: 'u2' }),
        event({ id: 'c', userId: 'u1' }),
        event({ id: 'a', userId: 'u2' }),
      ],
      false,
    );
    const seqs = (query: object): number[] => recorded.find({ ...all, ...query }).map(({ seq }) => seq);
    expect(seqs({ id: 'a' })).toEqual([1, 4]);
    expect(seqs({ userId: 'u1' })).toEqual([1, 3]);
    expect(seqs({ id: 'a', userId: 'u2' })).toEqual([4]);
    expect(seqs({ userId: 'u1', since: 1 })).toEqual([3]);
    expect(seqs({ since: 2, limit: 1 })).toEqual([3]);
    expect(seqs({ id: 'unknown' })).toEqual([]);
  });

  it('forgets the oldest events beyond its limit, but still counts their ids', () => {
    const recorded = recorder({ events: 3 });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'a'])
      recorded.record(acceptedRequest(), [event({ id, userId: `user of ${id}` })], false);
    expect(recorded.find(all).map(({ seq }) => seq)).toEqual([4, 5, 6]);
    expect(recorded.find({ ...all, id: 'a' }).map(({ seq, acceptance }) => [seq, acceptance])).toEqual([
      [6, 2],
    ]);
    expect(recorded.find({ ...all, userId: 'user of b' })).toEqual([]);
  });

  it('forgets the oldest events when the bodies exceed the memory limit', () => {
    const recorded = recorder({ bytes: 10_000 });
    for (let request = 0; request < 5; request++)
      recorded.record(acceptedRequest('x'.repeat(2_000)), [event(), event()], false);
    expect(recorded.ring.bytes).toBeLessThanOrEqual(10_000);
    expect(recorded.find(all).map(({ seq }) => seq)).toEqual([7, 8, 9, 10].slice(-recorded.ring.size));
    expect(recorded.ring.size).toBe(4);
  });

  it.each([
    [{ isProduction: false }, false, 'left_out_sandbox'],
    [{ isProduction: false }, true, 'ingested'],
    [{ name: 'a[b]' }, true, 'left_out_name'],
    [{}, false, 'ingested'],
  ])('classifies %j like Statsig, with includeSandbox %s', (given, includeSandbox, ingestion) => {
    const recorded = recorder();
    recorded.record(acceptedRequest(), [event(given)], includeSandbox);
    expect(recorded.find(all)[0]?.ingestion).toBe(ingestion);
  });

  it('is empty after a clear, and never reuses a sequence number', () => {
    const recorded = recorder();
    recorded.record(acceptedRequest(), [event()], false);
    recorded.clear();
    expect(recorded.find({ ...all, id: 'e1' })).toEqual([]);
    recorded.record(acceptedRequest(), [event()], false);
    expect(recorded.find(all)).toMatchObject([{ seq: 2, acceptance: 1 }]);
    expect(recorded.recorded).toBe(1);
  });
});
