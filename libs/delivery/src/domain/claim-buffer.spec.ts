import { names, pendingEvent, pendingEvents } from '../../test/pending-events';
import { ClaimBuffer, type ClaimBufferOptions } from './claim-buffer';
import { type PendingEvent } from './pending-event';

const options: ClaimBufferOptions = {
  requestEvents: { revenuecat: 1, log_event: 4 },
  requestBytes: 10_000,
  lingerMs: 10,
};

function bufferOf(
  events: readonly PendingEvent[],
  changes: Partial<ClaimBufferOptions> = {},
): ClaimBuffer<PendingEvent> {
  const buffer = new ClaimBuffer<PendingEvent>({ ...options, ...changes }, () => false);
  buffer.add(events, 0);
  return buffer;
}

describe('ClaimBuffer', () => {
  it('sends a full request at once, and lets a smaller one wait for more events', () => {
    const buffer = bufferOf(pendingEvents('a/1', 'b/1', 'c/1', 'd/1', 'e/1'));
    expect(names(buffer.takeRequest(0))).toEqual(['a/1', 'b/1', 'c/1', 'd/1']);
    expect(buffer.takeRequest(9)).toEqual([]);
    expect(buffer.lingerEndMs).toBe(10);
    expect(names(buffer.takeRequest(10))).toEqual(['e/1']);
    expect(buffer.lingerEndMs).toBe(Infinity);
  });

  it('measures the linger from the first event after the last request', () => {
    const buffer = bufferOf(pendingEvents('a/1'));
    buffer.add(pendingEvents('b/1'), 9);
    expect(names(buffer.takeRequest(10))).toEqual(['a/1', 'b/1']);
    buffer.add(pendingEvents('c/1'), 15);
    expect(buffer.lingerEndMs).toBe(25);
  });

  it('sends an event alone if its format has no batches, and never mixes formats', () => {
    const buffer = bufferOf([
      pendingEvent('a/1', 'revenuecat'),
      pendingEvent('b/1', 'revenuecat'),
      pendingEvent('c/1'),
      pendingEvent('d/1', 'revenuecat'),
    ]);
    expect(buffer.requestEvents).toBe(1);
    expect([0, 0, 0, 0].map((nowMs) => names(buffer.takeRequest(nowMs)))).toEqual([
      ['a/1'],
      ['b/1'],
      ['c/1'],
      ['d/1'],
    ]);
    expect(buffer.size).toBe(0);
    const mixed = bufferOf([pendingEvent('a/1'), pendingEvent('b/1', 'revenuecat')], {
      requestEvents: { revenuecat: 4, log_event: 4 },
    });
    expect(names(mixed.takeRequest(0))).toEqual(['a/1']);
  });

  it('limits a request by bytes, but sends one event of any size', () => {
    const buffer = bufferOf(pendingEvents('a/1', 'b/1', 'c/1'), { requestBytes: 700 });
    expect(names(buffer.takeRequest(0))).toEqual(['a/1', 'b/1']);
    expect(names(bufferOf(pendingEvents('a/1', 'b/1'), { requestBytes: 100 }).takeRequest(0))).toEqual([
      'a/1',
    ]);
  });

  it('keeps a key for the next request if its events do not all fit, unless it is alone in this one', () => {
    const buffer = bufferOf(pendingEvents('a/1', 'a/2', 'b/1', 'b/2', 'b/3'));
    expect(names(buffer.takeRequest(0))).toEqual(['a/1', 'a/2']);
    expect(names(buffer.takeRequest(10))).toEqual(['b/1', 'b/2', 'b/3']);
  });

  it('splits a key that is alone, and returns its events behind the request', () => {
    const buffer = bufferOf(pendingEvents('a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'b/1'));
    const request = buffer.takeRequest(0);
    expect(names(request)).toEqual(['a/1', 'a/2', 'a/3', 'a/4']);
    expect(names(buffer.removeRestOf(request))).toEqual(['a/5']);
    expect(names(buffer.takeRequest(10))).toEqual(['b/1']);
    expect(buffer.removeRestOf([])).toEqual([]);
  });

  it('halves the request of an event with each failure among successes, until it is alone', () => {
    const withFailures = (failures: number): string[] => {
      const events = pendingEvents('a/1', 'b/1', 'c/1', 'd/1');
      const [first] = events;
      if (first !== undefined) first.progress.failuresAmongSuccesses = failures;
      return names(bufferOf(events).takeRequest(0));
    };
    expect([0, 1, 2, 3].map((failures) => withFailures(failures).length)).toEqual([4, 2, 1, 1]);
  });

  it('removes events whose claim is too old', () => {
    const [old, recent] = pendingEvents('a/1', 'b/1');
    if (old === undefined || recent === undefined) throw new Error('no events');
    old.progress.claimedAtMs = 0;
    recent.progress.claimedAtMs = 500;
    const buffer = bufferOf([old, recent]);
    expect(buffer.removeOlderThan(1_000, 1_000)).toEqual([]);
    expect(names(buffer.removeOlderThan(1_000, 1_001))).toEqual(['a/1']);
    expect(buffer.size).toBe(1);
  });

  it('removes matching events, and keeps the order of the rest', () => {
    const buffer = bufferOf(pendingEvents('a/1', 'b/1', 'c/1'));
    expect(names(buffer.remove(({ eventId }) => eventId === 'b/1'))).toEqual(['b/1']);
    expect(names(buffer.remove())).toEqual(['a/1', 'c/1']);
  });
});
