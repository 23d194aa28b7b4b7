import { quietLogger } from '../test/stage.builder';
import { ProjectHolds } from './project-holds';

function holdsOver() {
  const latch = { hold: jest.fn(), release: jest.fn() };
  return { latch, holds: new ProjectHolds(latch, quietLogger) };
}

describe('holds of projects', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are not placed if nothing else was written since the project began to fail', () => {
    const { holds, latch } = holdsOver();
    holds.written('other');
    expect(holds.hold('broken', holds.writes)).toBe(false);
    expect(holds.hold('broken', holds.writes)).toBe(false);
    expect(latch.hold).not.toHaveBeenCalled();
  });

  it('are placed at once if something else was written during the attempt, or between attempts', () => {
    const { holds, latch } = holdsOver();
    const before = holds.writes;
    holds.written(undefined);
    expect(holds.hold('a', before)).toBe(true);
    expect(holds.hold('b', holds.writes)).toBe(false);
    holds.written('other');
    expect(holds.hold('b', holds.writes)).toBe(true);
    expect(latch.hold.mock.calls.map(([projectId]: string[]) => projectId)).toEqual(['a', 'b']);
  });

  /** Holds the project and returns how long, in ms. */
  function heldMs({ holds, latch }: ReturnType<typeof holdsOver>): number {
    holds.written('other');
    latch.release.mockClear();
    expect(holds.hold('broken', 0)).toBe(true);
    const startedAtMs = Date.now();
    jest.advanceTimersToNextTimer();
    expect(latch.release.mock.calls).toEqual([['broken']]);
    return Date.now() - startedAtMs;
  }

  it('last twice as long each time, up to five minutes, until a write of the project succeeds', () => {
    const under = holdsOver();
    const seconds = Array.from({ length: 7 }, () => heldMs(under) / 1_000);
    expect(seconds).toEqual([10, 20, 40, 80, 160, 300, 300]);
    under.holds.written('broken');
    expect(heldMs(under)).toBe(10_000);
  });

  it('are placed once for all partitions', () => {
    const { holds, latch } = holdsOver();
    holds.written('other');
    expect([holds.hold('broken', 0), holds.hold('broken', 0)]).toEqual([true, true]);
    expect(latch.hold).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(1);
    holds.close();
    expect(jest.getTimerCount()).toBe(0);
  });
});
