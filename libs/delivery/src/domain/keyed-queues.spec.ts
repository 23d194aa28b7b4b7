import fc from 'fast-check';
import { names, pendingEvent } from '../../test/pending-events';
import { KeyedQueues } from './keyed-queues';
import { type PendingEvent } from './pending-event';

const all = { count: Infinity, bytes: Infinity, perKey: () => Infinity };
const none = () => false;

function queuesOf(...list: string[]): KeyedQueues<PendingEvent> {
  const queues = new KeyedQueues<PendingEvent>();
  for (const name of list) queues.push(pendingEvent(name));
  return queues;
}

describe('KeyedQueues', () => {
  it('returns the events of a key in order, up to the limit', () => {
    const queues = queuesOf('anna/1', 'anna/2', 'ben/1', 'anna/3');
    expect(names(queues.take({ ...all, perKey: () => 2 }))).toEqual(['anna/1', 'anna/2', 'ben/1']);
    expect(queues.size).toBe(1);
  });

  it('returns no further event of a key before the taken ones are finished', () => {
    const queues = queuesOf('anna/1', 'anna/2', 'anna/3');
    const [first, second] = queues.take({ ...all, perKey: () => 2 });
    if (first === undefined || second === undefined) throw new Error('too few events returned');
    queues.finish(first);
    expect(queues.next).toBeUndefined();
    expect(queues.take(all)).toEqual([]);
    queues.finish(second);
    expect(names(queues.take(all))).toEqual(['anna/3']);
  });

  it('limits the taken events by count and bytes, but returns one event of any size', () => {
    const queues = queuesOf('anna/1', 'ben/1', 'cleo/1', 'dora/1');
    expect(names(queues.take({ ...all, bytes: 100 }))).toEqual(['anna/1']);
    expect(names(queues.take({ ...all, bytes: 700 }))).toEqual(['ben/1', 'cleo/1']);
    queues.push(pendingEvent('emil/1'));
    expect(names(queues.take({ ...all, count: 1 }))).toEqual(['dora/1']);
  });

  it('keeps a rejected event and those behind it', () => {
    const queues = queuesOf('anna/1', 'anna/2', 'anna/3', 'ben/1');
    expect(names(queues.take(all, ({ eventId }) => eventId !== 'anna/2'))).toEqual(['anna/1', 'ben/1']);
    expect(queues.size).toBe(2);
    expect(queues.take(all)).toEqual([]);
  });

  it('tries a rejected key again before the keys behind it', () => {
    const queues = queuesOf('anna/1', 'ben/1');
    expect(names(queues.take({ ...all, count: 1 }, ({ eventId }) => eventId !== 'anna/1'))).toEqual([
      'ben/1',
    ]);
    queues.push(pendingEvent('cleo/1'));
    expect(names(queues.take(all))).toEqual(['anna/1', 'cleo/1']);
  });

  it('backs off with returned events at the head of their queue, while other keys continue', () => {
    const queues = queuesOf('anna/1', 'anna/2', 'anna/3', 'ben/1');
    queues.requeue(queues.take({ ...all, count: 2 }), 1_000);
    expect(queues.wakeAtMs).toBe(1_000);
    queues.wake(999);
    expect(names(queues.take(all))).toEqual(['ben/1']);
    queues.wake(1_000);
    expect(names(queues.take(all))).toEqual(['anna/1', 'anna/2', 'anna/3']);
    expect(queues.wakeAtMs).toBe(Infinity);
  });

  it('wakes each key when its own backoff ends, and all of them on demand', () => {
    const queues = queuesOf('anna/1', 'ben/1', 'cleo/1');
    const [anna, ben, cleo] = queues.take(all);
    if (anna === undefined || ben === undefined || cleo === undefined) throw new Error('too few events');
    queues.requeue([anna], 3_000);
    queues.requeue([ben], 1_000);
    queues.requeue([cleo], 2_000);
    queues.wake(1_500);
    expect(names(queues.take(all))).toEqual(['ben/1']);
    expect(queues.wakeAtMs).toBe(2_000);
    queues.wakeAll();
    expect(names(queues.take(all)).toSorted()).toEqual(['anna/1', 'cleo/1']);
  });

  it('rejects an infinite backoff', () => {
    const queues = queuesOf('anna/1');
    expect(() => {
      queues.requeue(queues.take(all), Infinity);
    }).toThrow();
  });

  it('removes waiting events, but no taken ones', () => {
    const queues = queuesOf('anna/1', 'anna/2', 'ben/1');
    const [anna] = queues.take({ ...all, count: 1 });
    expect(names(queues.remove(() => true))).toEqual(['anna/2', 'ben/1']);
    expect(queues.size).toBe(0);
    if (anna !== undefined) queues.finish(anna);
    queues.push(pendingEvent('anna/2'));
    expect(names(queues.take(all))).toEqual(['anna/2']);
  });

  it('keeps the first events of some keys, ready keys before those backing off', () => {
    const queues = queuesOf('resting/1', 'anna/1', 'anna/2', 'ben/1', 'cleo/1');
    queues.requeue(queues.take({ ...all, count: 1 }), 1_000);
    expect(names(queues.removeAllButHeads(3, Infinity, none)).toSorted()).toEqual(['anna/2', 'resting/1']);
    expect(names(queues.take(all))).toEqual(['anna/1', 'ben/1', 'cleo/1']);
    expect(queuesOf('anna/1', 'ben/1').removeAllButHeads(0, Infinity, none)).toHaveLength(2);
  });

  it('keeps first events up to the byte limit, but at least one', () => {
    const queues = queuesOf('anna/1', 'ben/1', 'cleo/1');
    const [bytes = 0] = queues.take(all).map((event) => event.bytes);
    expect(names(queuesOf('anna/1', 'ben/1', 'cleo/1').removeAllButHeads(3, 2 * bytes, none))).toEqual([
      'cleo/1',
    ]);
    expect(names(queuesOf('anna/1', 'ben/1').removeAllButHeads(3, 0, none))).toEqual(['ben/1']);
  });

  it('lets no event of a key overtake an earlier one, and loses none, whatever happens', () => {
    const keys = ['anna', 'ben', 'cleo'];
    const command = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('push' as const), key: fc.constantFrom(...keys) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.nat({ max: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('requeue' as const), ms: fc.nat({ max: 9 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 9 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wakeAll' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 150 }), (run) => {
        const queues = new KeyedQueues<PendingEvent>();
        const counts = new Map<string, number>();
        const finished: string[] = [];
        let taken: PendingEvent[] = [];
        let nowMs = 0;
        const take = (count: number): void => {
          taken.push(...queues.take({ ...all, count, perKey: () => 2 }));
          // The taken events of a key directly follow its finished ones.
          for (const key of keys) {
            const done = finished.filter((name) => name.startsWith(key)).length;
            const out = taken.filter(({ orderKey }) => orderKey === key).map(({ eventId }) => eventId);
            expect(out).toEqual(out.map((_, i) => `${key}/${String(done + i)}`));
          }
        };
        const finishFirstOf = (key: string): void => {
          const event = taken.find(({ orderKey }) => orderKey === key);
          if (event === undefined) return;
          taken = taken.filter((one) => one !== event);
          finished.push(event.eventId);
          queues.finish(event);
        };
        for (const one of run) {
          switch (one.kind) {
            case 'push': {
              const number = counts.get(one.key) ?? 0;
              counts.set(one.key, number + 1);
              queues.push(pendingEvent(`${one.key}/${String(number)}`));
              break;
            }
            case 'take':
              take(one.count);
              break;
            case 'finish':
              finishFirstOf(taken[one.which % Math.max(1, taken.length)]?.orderKey ?? '');
              break;
            case 'requeue':
              queues.requeue(taken.splice(0), nowMs + one.ms);
              break;
            case 'pass':
              nowMs += one.ms;
              queues.wake(nowMs);
              break;
            case 'wakeAll':
              queues.wakeAll();
          }
          const pushed = [...counts.values()].reduce((sum, count) => sum + count, 0);
          expect(queues.size + taken.length + finished.length).toBe(pushed);
        }
        queues.wake(nowMs + 10);
        while (queues.size + taken.length > 0) {
          take(Infinity);
          for (const { orderKey } of [...taken]) finishFirstOf(orderKey);
        }
        for (const [key, count] of counts)
          expect(finished.filter((name) => name.startsWith(key))).toEqual(
            Array.from({ length: count }, (_, i) => `${key}/${String(i)}`),
          );
      }),
    );
  });
});
