import { AcceptanceTally } from './acceptance-tally';

describe('the acceptance tally', () => {
  it('reports how many events were not counted because there were too many ids', () => {
    const tally = new AcceptanceTally(2);
    expect(['a', 'b', 'c', 'a'].map((id) => tally.count(id))).toEqual([1, 1, 1, 2]);
    expect(tally.uncounted).toBe(1);
    expect(tally.repeats).toEqual(new Map([['a', 2]]));
  });
});
