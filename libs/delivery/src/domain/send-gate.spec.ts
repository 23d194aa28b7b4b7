import { type GateOptions, SendGate } from './send-gate';

const options: GateOptions = {
  maxInFlight: 10,
  slowResponseMs: 1_000,
  breakerFailures: 5,
  maxRejections: 3,
  breakerBackoff: { baseMs: 1_000, capMs: 8_000 },
  suspensionBackoff: { baseMs: 5_000, capMs: 60_000 },
  maxRetryAfterMs: 30_000,
};

function gate(): SendGate {
  return new SendGate(options, () => 1);
}

describe('the send gate', () => {
  it('allows a maximum number of concurrent requests', () => {
    const one = gate();
    for (let i = 0; i < 4; i++) one.sent();
    expect(one.permits(0)).toBe(6);
  });

  it('decreases the limit once for concurrent failures, and increases it with each success', () => {
    const one = gate();
    for (let i = 0; i < 3; i++) one.sent();
    one.failed(0, 100, undefined);
    one.failed(0, 100, undefined);
    expect(one.state.limit).toBe(8);
    one.succeeded(0, 100);
    for (let i = 0; i < 20; i++) {
      one.sent();
      one.succeeded(200, 300);
    }
    expect(one.state.limit).toBe(10);
  });

  it('decreases the limit when responses become slow', () => {
    const one = gate();
    one.sent();
    one.succeeded(0, 1_001);
    expect(one.state.limit).toBe(8);
  });

  it('probes less and less often while probes fail', () => {
    const one = gate();
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      one.sent();
      one.failed(nowMs, nowMs, undefined);
      const wakeAtMs = one.wakeAtMs(nowMs);
      if (wakeAtMs === Infinity) continue;
      waits.push(wakeAtMs - nowMs);
      nowMs = wakeAtMs;
      expect(one.permits(nowMs)).toBe(1);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it('limits the delay of a Retry-After', () => {
    const one = gate();
    for (let i = 0; i < options.breakerFailures; i++) {
      one.sent();
      one.failed(0, 0, 86_400_000);
    }
    expect(one.wakeAtMs(0)).toBe(options.maxRetryAfterMs);
  });
});
