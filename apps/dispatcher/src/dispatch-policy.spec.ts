import { DispatchCore, type DeliveryRequest, type DispatchPolicy, type Verdict } from '@app/delivery';
import { pendingDelivery } from '../test/deliveries';
import { dispatchPolicy } from './dispatch-policy';
import { dispatcherConfig } from './dispatcher.config';
import { type PendingDelivery } from './pending-delivery';

const policyOf = (env: Record<string, string> = {}): DispatchPolicy =>
  dispatchPolicy(dispatcherConfig.parse(env));

describe('the dispatch policy', () => {
  it('sends one event in a request of format revenuecat, and many in one of log_event', () => {
    expect(policyOf({ STATSIG_BATCH_EVENTS: '200' }).requestEvents).toEqual({
      revenuecat: 1,
      log_event: 200,
    });
  });

  it('claims enough events for every request, but no more than documented in docs/reliability.md', () => {
    const { claimCount } = policyOf({ STATSIG_MAX_IN_FLIGHT: '64', STATSIG_BATCH_EVENTS: '500' });
    expect(claimCount).toEqual({ revenuecat: 128, log_event: 500 });
    expect(policyOf({ STATSIG_BATCH_EVENTS: '10' }).claimCount.log_event).toBe(128);
  });

  it('leaves time for a request within the lease', () => {
    const { claimMaxAgeMs } = policyOf({ DISPATCHER_LEASE: '90s', STATSIG_REQUEST_TIMEOUT: '30s' });
    expect(claimMaxAgeMs + 30_000).toBeLessThan(90_000);
  });

  it('limits the wait between probes to the settings', () => {
    const { gate } = policyOf({
      DISPATCHER_BREAKER_MAX_INTERVAL: '100ms',
      DISPATCHER_SUSPENSION_MAX_INTERVAL: '200ms',
    });
    expect(gate.breakerBackoff).toEqual({ baseMs: 100, capMs: 100 });
    expect(gate.suspensionBackoff).toEqual({ baseMs: 200, capMs: 200 });
  });

  it.each([20, 50])(
    'uses up a quota of %s requests per second that Statsig enforces, without dead letters',
    (perSecond) => {
      const minutes = 5;
      const { accepted, deadLetters } = underQuota(policyOf(), { perSecond, minutes });
      expect(deadLetters).toBe(0);
      expect(accepted / (perSecond * 60 * minutes)).toBeGreaterThan(0.75);
    },
  );
});

const responseMs = 20;

/** Dispatches a backlog while Statsig responds with 429 to all requests beyond the quota of each second. */
function underQuota(
  policy: DispatchPolicy,
  { perSecond, minutes }: { perSecond: number; minutes: number },
): { accepted: number; deadLetters: number } {
  const core = new DispatchCore<PendingDelivery>(policy, () => 0.5);
  const responses: { dueMs: number; request: DeliveryRequest<PendingDelivery>; verdict: Verdict }[] = [];
  let backlog: PendingDelivery[] = Array.from({ length: 500 }, (_, i) => pendingDelivery(`c${String(i)}/0`));
  let produced = backlog.length;
  let accepted = 0;
  let deadLetters = 0;
  let ofSecond = { second: -1, requests: 0 };
  const verdictAt = (nowMs: number): Verdict => {
    const second = Math.floor(nowMs / 1_000);
    if (ofSecond.second !== second) ofSecond = { second, requests: 0 };
    ofSecond.requests += 1;
    return ofSecond.requests <= perSecond
      ? { kind: 'accepted' }
      : { kind: 'retry', reason: 'statsig_429', detail: '', ambiguous: false };
  };
  for (let nowMs = 0; nowMs < minutes * 60_000;) {
    while (responses[0] !== undefined && responses[0].dueMs <= nowMs) {
      const { request, verdict } = responses.shift() ?? responses[0];
      if (verdict.kind === 'accepted') accepted += 1;
      core.responded(request, verdict, nowMs);
    }
    if (core.wantsLeft) core.rereading();
    if (core.wantsEvents) core.accept(backlog.splice(0), nowMs);
    for (let effects = core.next(nowMs); effects.length > 0; effects = core.next(nowMs)) {
      for (const effect of effects) {
        if (effect.kind === 'claim')
          core.claimResults(
            effect.events,
            effect.events.map(() => 'claimed'),
            nowMs,
          );
        if (effect.kind === 'send')
          responses.push({ dueMs: nowMs + responseMs, request: effect.request, verdict: verdictAt(nowMs) });
        if (effect.kind === 'dead_letter') deadLetters += 1;
        if (effect.kind === 'leave') backlog = [...effect.events.map(asReread), ...backlog];
        if (effect.kind === 'mark_delivered')
          for (const event of effect.events) {
            core.finish(event);
            backlog.push(pendingDelivery(`c${String((produced += 1))}/0`));
          }
      }
    }
    nowMs = Math.max(nowMs + 1, Math.min(core.wakeAtMs, responses[0]?.dueMs ?? Infinity));
  }
  return { accepted, deadLetters };
}

/** The event as it is when it is read again. */
const asReread = ({ eventId }: PendingDelivery): PendingDelivery => pendingDelivery(eventId);
