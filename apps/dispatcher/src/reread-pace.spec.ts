import { RereadPace } from './reread-pace';

const usual = { isRereading: false, waitsForLeft: false };
const rereading = { ...usual, isRereading: true };

describe('rereading left records', () => {
  it('can start immediately the first time', () => {
    expect(new RereadPace().nextMs(1_000, usual)).toBe(1_000);
  });

  it('does not start again while it is in progress', () => {
    const pace = new RereadPace();
    pace.started(0);
    expect(pace.nextMs(60_000, rereading)).toBeGreaterThan(60_000);
  });

  it('leaves at least as much time for new records', () => {
    const pace = new RereadPace();
    pace.started(0);
    pace.nextMs(19_000, rereading);
    expect(pace.nextMs(20_000, usual)).toBe(40_000);
    expect(pace.nextMs(39_999, usual)).toBe(40_000);
    expect(pace.nextMs(40_001, usual)).toBe(40_001);
  });

  it('waits only five seconds if nothing else can be read', () => {
    const pace = new RereadPace();
    pace.started(0);
    expect(pace.nextMs(20_000, { ...usual, waitsForLeft: true })).toBe(25_000);
  });

  it('starts at most every five seconds, however short it is', () => {
    const pace = new RereadPace();
    pace.started(0);
    expect(pace.nextMs(10, usual)).toBe(5_010);
  });
});
