import fc from 'fast-check';
import { CommittableOffsets } from './committable-offsets';

const offsetsWithGaps = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 50 })
  .map((steps) => steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step)));

describe('committable offsets', () => {
  it('offers nothing before the first record is finished', () => {
    const offsets = new CommittableOffsets();
    offsets.begin(5);
    offsets.begin(6);
    offsets.finish(6);
    expect(offsets.committable).toBeUndefined();
  });

  it('begins and finishes a record once', () => {
    const offsets = new CommittableOffsets();
    expect([offsets.begin(5), offsets.begin(5)]).toEqual([true, false]);
    expect([offsets.finish(5), offsets.finish(5), offsets.finish(4)]).toEqual([true, false, false]);
    expect(offsets.unfinished).toBe(0);
  });

  it('offers what lies behind the contiguous finished prefix, in whatever order records finish', () => {
    fc.assert(
      fc.property(
        offsetsWithGaps.chain((begun) =>
          fc.tuple(fc.constant(begun), fc.shuffledSubarray(begun, { minLength: 0, maxLength: begun.length })),
        ),
        ([begun, finished]) => {
          const offsets = new CommittableOffsets();
          for (const offset of begun) offsets.begin(offset);
          for (const offset of finished) offsets.finish(offset);
          const firstUnfinished = begun.findIndex((offset) => !finished.includes(offset));
          const prefix = firstUnfinished === -1 ? begun : begun.slice(0, firstUnfinished);
          const last = prefix.at(-1);
          expect(offsets.committable).toBe(last === undefined ? undefined : last + 1);
          expect(offsets.unfinished).toBe(begun.length - finished.length);
        },
      ),
    );
  });
});
