import { type GateOptions, SendGate } from './send-gate';

const options: GateOptions = {
  maxInFlight: 10,
  slowAnswerMs: 1_000,
  breakerFailures: 5,
  breakerBackoff: { baseMs: 1_000, capMs: 8_000 },
  suspensionBackoff: { baseMs: 5_000, capMs: 60_000 },
  maxRetryAfterMs: 30_000,
};

function gate(): SendGate {
  return new SendGate(options, () => 1);
}

describe('the send gate', () => {
  it('allows so many requests at once and no more', () => {
    const one = gate();
    for (let i = 0; i < 4; i++) one.begun();
    expect(one.permits(0)).toBe(6);
  });

  it('allows less after a failure, once for all requests of one moment, and more again with each success', () => {
    const one = gate();
    for (let i = 0; i < 3; i++) one.begun();
    one.failed(0, 100, undefined);
    one.failed(0, 100, undefined);
    expect(one.state.limit).toBe(8);
    one.answered(0, 100, true);
    for (let i = 0; i < 20; i++) {
      one.begun();
      one.answered(200, 300, true);
    }
    expect(one.state.limit).toBe(10);
  });

  it('allows less when answers grow slow', () => {
    const one = gate();
    one.begun();
    one.answered(0, 1_001, true);
    expect(one.state.limit).toBe(8);
  });

  it('asks ever less often while probes fail', () => {
    const one = gate();
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      one.begun();
      one.failed(nowMs, nowMs, undefined);
      const wakeAtMs = one.wakeAtMs(nowMs);
      if (wakeAtMs === Infinity) continue;
      waits.push(wakeAtMs - nowMs);
      nowMs = wakeAtMs;
      expect(one.permits(nowMs)).toBe(1);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it('waits no longer than it is willing to, whatever a Retry-After says', () => {
    const one = gate();
    for (let i = 0; i < options.breakerFailures; i++) {
      one.begun();
      one.failed(0, 0, 86_400_000);
    }
    expect(one.wakeAtMs(0)).toBe(options.maxRetryAfterMs);
  });
});
