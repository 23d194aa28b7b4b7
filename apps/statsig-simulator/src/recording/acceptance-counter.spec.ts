import { AcceptanceCounter } from './acceptance-counter';

describe('the acceptance counter', () => {
  it('reports how many events were not counted because there were too many ids', () => {
    const acceptances = new AcceptanceCounter(2);
    expect(['a', 'b', 'c', 'a'].map((id) => acceptances.count(id))).toEqual([1, 1, 1, 2]);
    expect(acceptances.uncounted).toBe(1);
    expect(acceptances.repeats).toEqual(new Map([['a', 2]]));
  });
});
