import fc from 'fast-check';
import { OffsetTracker } from './offset-tracker';

describe('OffsetTracker', () => {
  it('commits behind the contiguous prefix of handled records, whatever order they finish in', () => {
    const tracker = new OffsetTracker(5);
    for (const offset of [5, 6, 9]) tracker.begin(offset);
    expect(tracker.committable).toBe(5);
    tracker.finish(9);
    tracker.finish(5);
    expect(tracker.committable).toBe(6);
    tracker.finish(6);
    expect(tracker.committable).toBe(10);
    expect(tracker.size).toBe(0);
  });

  it('commits past control records behind the last record', () => {
    const tracker = new OffsetTracker(0);
    tracker.begin(0);
    tracker.skipTo(2);
    expect(tracker.committable).toBe(0);
    tracker.finish(0);
    expect(tracker.committable).toBe(3);
  });

  it('reads what was left again, and hands out nothing twice', () => {
    const tracker = new OffsetTracker(0);
    for (const offset of [0, 1, 2, 3]) tracker.begin(offset);
    tracker.finish(2);
    tracker.leave(1);
    tracker.rewind();
    expect(tracker.next).toBe(1);
    expect([1, 2, 3, 4].filter((offset) => tracker.begin(offset))).toEqual([1, 4]);
    for (const offset of [0, 1, 3, 4]) tracker.finish(offset);
    expect(tracker.committable).toBe(5);
    expect(tracker.leftSize).toBe(0);
  });

  it('never commits past a record that is not handled, and ends with everything handled', () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'read' as const }) },
      { weight: 3, arbitrary: fc.nat({ max: 30 }).map((which) => ({ kind: 'finish' as const, which })) },
      { weight: 2, arbitrary: fc.nat({ max: 30 }).map((which) => ({ kind: 'leave' as const, which })) },
      { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.nat({ max: 3 }), (actions, gap) => {
        const log = Array.from({ length: 300 }, (_, i) => i * (gap + 1));
        const tracker = new OffsetTracker(0);
        const inHand = new Set<number>();
        const handled = new Set<number>();
        const readNext = (): void => {
          const offset = log.find((one) => one >= tracker.next);
          if (offset === undefined || !tracker.begin(offset)) return;
          expect(inHand.has(offset) || handled.has(offset)).toBe(false);
          inHand.add(offset);
        };
        const finish = (offset: number): void => {
          inHand.delete(offset);
          handled.add(offset);
          expect(tracker.finish(offset)).toBe(true);
        };
        for (const act of actions) {
          const chosen = 'which' in act ? [...inHand][act.which % Math.max(1, inHand.size)] : undefined;
          if (act.kind === 'read') readNext();
          else if (act.kind === 'rewind') tracker.rewind();
          else if (chosen !== undefined && act.kind === 'finish') finish(chosen);
          else if (chosen !== undefined) {
            inHand.delete(chosen);
            tracker.leave(chosen);
          }
          const { committable } = tracker;
          expect(log.every((offset) => offset >= committable || handled.has(offset))).toBe(true);
        }
        tracker.rewind();
        while (tracker.next <= (log.at(-1) ?? 0)) readNext();
        for (const offset of [...inHand]) finish(offset);
        expect(tracker.committable).toBe((log.at(-1) ?? 0) + 1);
      }),
    );
  });
});
