import fc from 'fast-check';
import { OffsetTracker } from './offset-tracker';

describe('OffsetTracker', () => {
  it('commits the offset after the contiguous handled records, whatever order they finish in', () => {
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

  it('commits past control records after the last record', () => {
    const tracker = new OffsetTracker(0);
    tracker.begin(0);
    tracker.skipTo(2);
    expect(tracker.committable).toBe(0);
    tracker.finish(0);
    expect(tracker.committable).toBe(3);
  });

  it('rereads left records, and returns no record twice', () => {
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

  it('commits past left records that no longer exist', () => {
    const tracker = new OffsetTracker(0);
    for (const offset of [0, 1, 2, 3, 4, 5]) tracker.begin(offset);
    for (const offset of [0, 1, 3, 5]) tracker.leave(offset);
    for (const offset of [2, 4]) tracker.finish(offset);
    tracker.rewind();
    // Retention has deleted 0 to 2, compaction 3.
    tracker.skipTo(2);
    expect(tracker.begin(4)).toBe(false);
    expect(tracker.committable).toBe(5);
    expect(tracker.begin(5)).toBe(true);
    tracker.finish(5);
    expect([tracker.committable, tracker.leftSize]).toEqual([6, 0]);
  });

  it('keeps left records before the position while reading continues', () => {
    const tracker = new OffsetTracker(0);
    tracker.begin(0);
    tracker.leave(0);
    tracker.begin(5);
    tracker.skipTo(9);
    tracker.finish(5);
    expect([tracker.committable, tracker.leftSize]).toEqual([0, 1]);
  });

  it('never commits past an unhandled record, and finally handles all records', () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'read' as const }) },
      { weight: 3, arbitrary: fc.nat({ max: 30 }).map((which) => ({ kind: 'finish' as const, which })) },
      { weight: 2, arbitrary: fc.nat({ max: 30 }).map((which) => ({ kind: 'leave' as const, which })) },
      { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
      { weight: 1, arbitrary: fc.nat({ max: 30 }).map((which) => ({ kind: 'remove' as const, which })) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.nat({ max: 3 }), (actions, gap) => {
        let log = Array.from({ length: 300 }, (_, i) => i * (gap + 1));
        const last = 299 * (gap + 1);
        const tracker = new OffsetTracker(0);
        const inProgress = new Set<number>();
        const handled = new Set<number>();
        const readNext = (): void => {
          const offset = log.find((one) => one >= tracker.next);
          if (offset === undefined || !tracker.begin(offset)) return;
          expect(inProgress.has(offset) || handled.has(offset)).toBe(false);
          inProgress.add(offset);
        };
        const finish = (offset: number): void => {
          inProgress.delete(offset);
          handled.add(offset);
          expect(tracker.finish(offset)).toBe(true);
        };
        for (const act of actions) {
          const chosen =
            'which' in act ? [...inProgress][act.which % Math.max(1, inProgress.size)] : undefined;
          if (act.kind === 'read') readNext();
          else if (act.kind === 'rewind') tracker.rewind();
          else if (act.kind === 'remove') log = log.filter((offset, i) => i !== act.which || offset === last);
          else if (chosen !== undefined && act.kind === 'finish') finish(chosen);
          else if (chosen !== undefined) {
            inProgress.delete(chosen);
            tracker.leave(chosen);
          }
          const { committable } = tracker;
          expect(log.every((offset) => offset >= committable || handled.has(offset))).toBe(true);
        }
        tracker.rewind();
        while (tracker.next <= last) readNext();
        for (const offset of [...inProgress]) finish(offset);
        expect(tracker.committable).toBe(last + 1);
      }),
    );
  });
});
