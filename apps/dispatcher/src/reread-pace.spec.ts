import { RereadPace } from './reread-pace';

describe('reading again what was left', () => {
  it('may begin at once for the first time', () => {
    expect(new RereadPace().nextMs(1_000, false)).toBe(1_000);
  });

  it('does not begin anew while it is under way', () => {
    const pace = new RereadPace();
    pace.began(0);
    expect(pace.nextMs(60_000, true)).toBeGreaterThan(60_000);
  });

  it('leaves at least as much time for what was never read', () => {
    const pace = new RereadPace();
    pace.began(0);
    pace.nextMs(19_000, true);
    expect(pace.nextMs(20_000, false)).toBe(40_000);
    expect(pace.nextMs(39_999, false)).toBe(40_000);
    expect(pace.nextMs(40_001, false)).toBe(40_001);
  });

  it('begins at most every five seconds, however short it is', () => {
    const pace = new RereadPace();
    pace.began(0);
    expect(pace.nextMs(10, false)).toBe(5_010);
  });
});
