import fc from 'fast-check';
import { OffsetRuns } from './offset-runs';

describe('OffsetRuns', () => {
  it('contains the same offsets as a set', () => {
    const offset = fc.nat({ max: 40 });
    const action = fc.oneof(
      offset.map((one) => ({ kind: 'add' as const, one })),
      offset.map((one) => ({ kind: 'delete' as const, one })),
      fc.record({ kind: fc.constant('range' as const), one: offset, length: fc.nat({ max: 15 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const runs = new OffsetRuns();
        const set = new Set<number>();
        for (const act of actions) {
          if (act.kind === 'add') {
            if (!set.has(act.one)) runs.add(act.one);
            set.add(act.one);
          } else if (act.kind === 'delete') {
            expect(runs.delete(act.one)).toBe(set.delete(act.one));
          } else {
            const end = act.one + act.length;
            runs.deleteRange(act.one, end);
            for (let at = act.one; at < end; at++) set.delete(at);
          }
          const inOrder = [...set].sort((a, b) => a - b);
          expect([runs.size, runs.first]).toEqual([set.size, inOrder[0]]);
          expect(runs.runCount).toBe(inOrder.filter((at) => !set.has(at - 1)).length);
        }
      }),
    );
  });

  it('needs no more memory for a million consecutive offsets than for one', () => {
    const runs = new OffsetRuns();
    for (let offset = 0; offset < 1_000_000; offset++) runs.add(offset);
    expect([runs.size, runs.runCount]).toEqual([1_000_000, 1]);
  });
});
