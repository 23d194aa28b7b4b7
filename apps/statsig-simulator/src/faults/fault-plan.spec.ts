import { FaultPlan } from './fault-plan';
import { faultSet } from './fault-rules';
import { seededRandom } from './seeded-random';

const startedAtMs = 1_000;
const request = { endpoint: 'revenuecat', key: 'k' } as const;

function plan(rules: unknown[], random: () => number = () => 0.5): FaultPlan {
  return new FaultPlan(faultSet.parse({ rules }).rules, startedAtMs, random);
}

function decide(faults: FaultPlan, { ids = ['e1'], endpoint = 'revenuecat', key = 'k', nowMs = 1_000 } = {}) {
  return faults.decide({ endpoint: endpoint as 'revenuecat', key }, ids, nowMs);
}

describe('a fault plan', () => {
  it('lets requests pass when there are no rules', () => {
    expect(decide(plan([]))).toEqual({ delayMs: 0, fault: undefined });
  });

  it('applies the first rule that acts', () => {
    const faults = plan([
      { kind: 'status', status: 503, probability: 0.4 },
      { kind: 'hang' },
      { kind: 'garbage' },
    ]);
    expect(decide(faults).fault?.kind).toBe('hang');
  });

  it('acts as often as its probability', () => {
    const faults = plan([{ kind: 'status', status: 503, probability: 0.2 }], seededRandom(7));
    const hits = Array.from({ length: 10_000 }, () => decide(faults).fault).filter(Boolean).length;
    expect(hits).toBeGreaterThan(1_800);
    expect(hits).toBeLessThan(2_200);
  });

  it('applies the same faults to the same requests with the same seed', () => {
    const run = (seed: number): boolean[] => {
      const faults = plan([{ kind: 'hang', probability: 0.5 }], seededRandom(seed));
      return Array.from({ length: 100 }, () => decide(faults).fault !== undefined);
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  it.each([
    ['endpoint', { endpoint: 'log_event' }, { endpoint: 'log_event' }],
    ['key', { key: 'other' }, { key: 'other' }],
    ['event id', { eventId: 'e2' }, { ids: ['e1', 'e2'] }],
  ])('matches on %s', (_what, match, fitting) => {
    const faults = plan([{ kind: 'hang', match }]);
    expect(decide(faults).fault).toBeUndefined();
    expect(decide(faults, fitting).fault?.kind).toBe('hang');
  });

  it('ends after the given number of times', () => {
    const faults = plan([{ kind: 'hang', times: 2 }]);
    expect([decide(faults), decide(faults), decide(faults)].map(({ fault }) => fault?.kind)).toEqual([
      'hang',
      'hang',
      undefined,
    ]);
    expect(faults.report(startedAtMs)).toMatchObject([{ kind: 'hang', acted: 2, ended: true }]);
  });

  it('ends after the given duration', () => {
    const faults = plan([{ kind: 'hang', forMs: 500 }]);
    expect(decide(faults, { nowMs: 1_499 }).fault?.kind).toBe('hang');
    expect(decide(faults, { nowMs: 1_500 }).fault).toBeUndefined();
  });

  it('both delays and fails a request if rules for both act', () => {
    const faults = plan([
      { kind: 'latency', latency: { shape: 'fixed', ms: 20 } },
      { kind: 'status', status: 500 },
    ]);
    expect(decide(faults)).toMatchObject({ delayMs: 20, fault: { status: 500 } });
  });

  it('cuts connections on arrival only for reset rules', () => {
    expect(plan([{ kind: 'reset' }]).cutsOnArrival(request, startedAtMs)).toBe(true);
    expect(plan([{ kind: 'accept-then-reset' }]).cutsOnArrival(request, startedAtMs)).toBe(false);
    expect(decide(plan([{ kind: 'reset' }])).fault).toBeUndefined();
  });

  it('rejects a reset for one event, whose id is unknown before the body is read', () => {
    expect(faultSet.safeParse({ rules: [{ kind: 'reset', match: { eventId: 'e' } }] }).success).toBe(false);
  });
});
