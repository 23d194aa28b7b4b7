import { names, pendingEvent, pendingEvents, sandboxEvent as sandbox } from '../../test/pending-events';
import { policy } from '../../test/simulation';
import { DispatchCore } from './dispatch-core';
import { type DispatchPolicy } from './dispatch-policy';
import { type DeliveryRequest, type Effect } from './effects';
import { newProgress, type PendingEvent } from './pending-event';
import { type Verdict } from './verdict';

type Kind = Effect<PendingEvent>['kind'];

/**
 * A core whose claims succeed at once, unless another process has delivered the event, and whose requests the test
 * responds to.
 */
class Harness {
  readonly sent: DeliveryRequest<PendingEvent>[] = [];
  readonly effects: Effect<PendingEvent>[] = [];
  private readonly log: string[] = [];
  /** Left events, in the order of the log, which are accepted again when the core wants them. */
  readonly left: PendingEvent[] = [];
  readonly deliveredByOthers = new Set<string>();
  nowMs = 1_000_000;
  readonly core: DispatchCore<PendingEvent>;

  constructor(changes: Partial<DispatchPolicy> = {}) {
    this.core = new DispatchCore(
      {
        ...policy,
        requestEvents: { revenuecat: 1, log_event: 4 },
        requestBytes: 10_000,
        lingerMs: 0,
        ...changes,
      },
      () => 1,
    );
  }

  accept(...list: PendingEvent[]): this {
    for (const { eventId } of list) if (!this.log.includes(eventId)) this.log.push(eventId);
    this.core.accept(list, this.nowMs);
    return this.run();
  }

  useSandboxSecret(hasSandboxSecret: boolean): this {
    this.core.useSandboxSecret(hasSandboxSecret, this.nowMs);
    return this.run();
  }

  run(): this {
    for (let effects = this.core.next(this.nowMs); effects.length > 0; effects = this.core.next(this.nowMs)) {
      for (const effect of effects) {
        this.effects.push(effect);
        if (effect.kind === 'send') this.sent.push(effect.request);
        if (effect.kind === 'claim') {
          this.core.claimResults(
            effect.events,
            effect.events.map(({ eventId }) =>
              this.deliveredByOthers.has(eventId) ? 'delivered' : 'claimed',
            ),
            this.nowMs,
          );
        }
        if (effect.kind === 'mark_delivered') for (const one of effect.events) this.core.finish(one);
        if (effect.kind === 'dead_letter') this.core.finish(effect.event);
        if (effect.kind === 'leave') this.left.push(...effect.events);
      }
    }
    if (!this.core.wantsLeft) return this;
    this.core.rereading();
    const left = this.left
      .splice(0)
      .sort((a, b) => this.log.indexOf(a.eventId) - this.log.indexOf(b.eventId));
    return this.accept(...left.map((event) => ({ ...event, progress: newProgress() })));
  }

  /** Responds to the oldest request in flight. */
  respond(verdict: Verdict): this {
    const request = this.sent.shift();
    if (request === undefined) throw new Error('nothing is in flight');
    this.core.responded(request, verdict, this.nowMs);
    return this.run();
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this.run();
  }

  get inFlight(): string[][] {
    return this.sent.map(({ events }) => names(events));
  }

  of<K extends Kind>(kind: K): Extract<Effect<PendingEvent>, { kind: K }>[] {
    return this.effects.filter(
      (effect): effect is Extract<Effect<PendingEvent>, { kind: K }> => effect.kind === kind,
    );
  }
}

const accepted: Verdict = { kind: 'accepted' };
const reject: Verdict = { kind: 'reject', reason: 'statsig_400', detail: 'bad' };
const retry: Verdict = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false };
const lost: Verdict = { kind: 'retry', reason: 'statsig_timeout', detail: '', ambiguous: true };
const suspend: Verdict = { kind: 'suspend', reason: 'statsig_401', detail: 'key rejected' };

describe('the dispatch core', () => {
  it('sends the events of a customer one at a time if requests have one event', () => {
    const harness = new Harness().accept(
      ...['anna/1', 'anna/2', 'ben/1'].map((name) => pendingEvent(name, 'revenuecat')),
    );
    expect(harness.inFlight).toEqual([['anna/1'], ['ben/1']]);
    expect(harness.respond(accepted).inFlight).toEqual([['ben/1'], ['anna/2']]);
  });

  it("sends a customer's events in one request, in order", () => {
    const harness = new Harness().accept(...pendingEvents('anna/1', 'anna/2', 'ben/1'));
    expect(harness.inFlight).toEqual([['anna/1', 'anna/2', 'ben/1']]);
  });

  it('keeps events that do not fit into a request until that request has ended', () => {
    const harness = new Harness({ requestBytes: 700, claimCount: { revenuecat: 3, log_event: 3 } }).accept(
      ...pendingEvents('anna/1', 'anna/2', 'anna/3'),
    );
    expect(harness.inFlight).toEqual([['anna/1', 'anna/2']]);
    expect(harness.respond(retry).pass(2_000).inFlight).toEqual([['anna/1', 'anna/2']]);
    expect(harness.respond(accepted).inFlight).toEqual([['anna/3']]);
  });

  it('never mixes formats in a request', () => {
    const harness = new Harness().accept(
      pendingEvent('anna/1'),
      pendingEvent('anna/2', 'revenuecat'),
      pendingEvent('ben/1'),
    );
    const formats = harness.sent.map(({ events: list }) => new Set(list.map(({ format }) => format)).size);
    expect(formats.every((count) => count === 1)).toBe(true);
    expect(harness.inFlight.flat()).not.toContain('anna/2');
  });

  it('lets a request wait for more events', () => {
    const harness = new Harness({ lingerMs: 10 }).accept(...pendingEvents('anna/1'));
    expect(harness.inFlight).toEqual([]);
    expect(harness.core.wakeAtMs).toBe(harness.nowMs + 10);
    expect(harness.accept(...pendingEvents('ben/1')).pass(10).inFlight).toEqual([['anna/1', 'ben/1']]);
  });

  it('lets a second copy of an event wait for the first, even with another order key', () => {
    const copy = { ...pendingEvent('anna/1'), customerKey: 'ben' };
    const harness = new Harness().accept(pendingEvent('anna/1'), copy);
    expect(harness.inFlight).toEqual([['anna/1']]);
  });

  it('finds an invalid event by halving the request, and delivers the others in order', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1', 'anna/2', 'anna/3', 'ben/1'));
    harness.respond(reject);
    expect(harness.inFlight).toEqual([['anna/1', 'anna/2']]);
    harness.respond(reject);
    expect(harness.inFlight).toEqual([['anna/1']]);
    harness.respond(accepted).respond(reject);
    expect(harness.inFlight).toEqual([['anna/3', 'ben/1']]);
    harness.respond(accepted);
    expect(harness.of('dead_letter').map(({ event: one, reason }) => [one.eventId, reason])).toEqual([
      ['anna/2', 'statsig_400'],
    ]);
    expect(harness.of('mark_delivered').flatMap(({ events: list }) => names(list))).toEqual([
      'anna/1',
      'anna/3',
      'ben/1',
    ]);
  });

  it('keeps the order if a part of a divided request is retried', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1', 'anna/2', 'anna/3', 'anna/4'));
    harness.respond(reject).respond(retry);
    expect(harness.inFlight).toEqual([]);
    expect(harness.pass(2_000).inFlight.flat()).toEqual(['anna/1', 'anna/2', 'anna/3', 'anna/4']);
  });

  it('leaves the parts of a divided request if its partition is revoked', () => {
    const list = pendingEvents('anna/1', 'anna/2', 'anna/3', 'anna/4');
    const harness = new Harness().accept(...list).respond(reject);
    for (const { progress } of list) progress.isRevoked = true;
    harness.core.leaveRevoked(harness.nowMs);
    harness.run().respond(accepted);
    expect(harness.inFlight).toEqual([]);
    expect(harness.of('leave').flatMap((effect) => names(effect.events))).toEqual(['anna/3', 'anna/4']);
  });

  it('respects Retry-After', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1'));
    harness.respond({ ...retry, retryAfterMs: 4_000 });
    expect(harness.pass(3_999).inFlight).toEqual([]);
    expect(harness.pass(1).inFlight).toEqual([['anna/1']]);
  });

  it('releases the lease while it waits', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1')).respond(retry);
    expect(harness.of('release').flatMap((effect) => names(effect.events))).toEqual(['anna/1']);
  });

  it('sends only a probe after several failures in a row, and everything again after the probe is accepted', () => {
    const harness = new Harness().accept(
      ...['a/1', 'b/1', 'c/1', 'd/1', 'e/1'].map((name) => pendingEvent(name, 'revenuecat')),
    );
    for (let i = 0; i < policy.gate.breakerFailures; i++) {
      while (harness.sent.length === 0) harness.pass(50);
      harness.respond(retry);
    }
    while (harness.sent.length > 0) harness.respond(retry);
    expect(harness.core.state.isHealthy).toBe(false);
    while (harness.sent.length === 0) harness.pass(100);
    expect(harness.inFlight).toHaveLength(1);
    harness.respond(accepted);
    expect(harness.core.state.isHealthy).toBe(true);
    harness.pass(2_000);
    expect(harness.inFlight.length).toBeGreaterThan(1);
  });

  it('suspends an integration that Statsig rejects, and sends at once after it has been changed', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1', 'ben/1')).respond(suspend);
    expect(harness.core.suspension?.reason).toBe('statsig_401');
    expect(harness.pass(400).inFlight).toEqual([]);
    harness.core.serve();
    expect(harness.run().inFlight).toEqual([['anna/1', 'ben/1']]);
  });

  it('dead-letters an event that keeps failing while others are accepted', () => {
    const harness = new Harness({ maxFailuresAmongSuccesses: 3 });
    harness.accept(pendingEvent('bad/1', 'revenuecat'));
    for (let i = 0; i < 3; i++) {
      harness.accept(pendingEvent(`good/${String(i)}`, 'revenuecat'));
      while (harness.sent.length < 2) harness.pass(50);
      harness.sent.sort(
        (a, b) => Number(names(a.events)[0] === 'bad/1') - Number(names(b.events)[0] === 'bad/1'),
      );
      harness.respond(accepted).respond(retry);
    }
    expect(harness.of('dead_letter').map(({ event: one }) => one.eventId)).toEqual(['bad/1']);
  });

  it('never gives up an event because of an outage', () => {
    const harness = new Harness({ maxFailuresAmongSuccesses: 3 }).accept(...pendingEvents('anna/1'));
    for (let i = 0; i < 20; i++) {
      while (harness.sent.length === 0) harness.pass(100);
      harness.respond(retry);
    }
    expect(harness.of('dead_letter')).toEqual([]);
  });

  it('dead-letters an ambiguous event if it must never repeat', () => {
    const harness = new Harness({ onAmbiguous: 'dead_letter' })
      .accept(...pendingEvents('anna/1'))
      .respond(lost);
    expect(harness.of('dead_letter').map(({ reason }) => reason)).toEqual(['statsig_timeout']);
    expect(harness.of('retrying')).toEqual([]);
  });

  it('sends a postponed request unchanged later, and does not count it as an attempt', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1', 'ben/1'));
    const request = harness.sent.shift();
    if (request === undefined) throw new Error('nothing is in flight');
    harness.core.postponed(request, harness.nowMs, 300);
    expect(harness.run().inFlight).toEqual([]);
    expect(harness.core.wakeAtMs).toBe(harness.nowMs + 300);
    expect(harness.pass(300).inFlight).toEqual([['anna/1', 'ben/1']]);
    expect(harness.sent[0]?.events.map(({ progress }) => progress.attempts)).toEqual([1, 1]);
  });

  it('does not send events whose claim is too old', () => {
    const harness = new Harness({ lingerMs: policy.claimMaxAgeMs + 1 }).accept(...pendingEvents('anna/1'));
    harness.pass(policy.claimMaxAgeMs + 1);
    expect(harness.of('release').flatMap((effect) => names(effect.events))).toEqual(['anna/1']);
    expect(harness.of('claim')).toHaveLength(2);
  });

  it('holds events for probes only while Statsig does not accept requests, and continues in order', () => {
    const harness = new Harness({ probeEvents: 2, claimCount: { revenuecat: 1, log_event: 1 } });
    const all = ['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'c/2', 'd/1'];
    harness.accept(...all.map((name) => pendingEvent(name, 'revenuecat'))).respond(suspend);
    while (harness.sent.length > 0) harness.respond(suspend);
    expect(harness.core.state.waiting).toBe(2);
    expect(harness.core.wantsEvents).toBe(false);
    while (harness.sent.length === 0) harness.pass(100);
    const delivered = harness.inFlight.flat();
    for (harness.respond(accepted); harness.sent.length > 0; harness.respond(accepted))
      delivered.push(...(harness.inFlight[0] ?? []));
    for (const customer of ['a', 'b', 'c', 'd'])
      expect(delivered.filter((name) => name.startsWith(customer))).toEqual(
        all.filter((name) => name.startsWith(customer)),
      );
  });

  it('accepts nothing behind left events, so that nothing overtakes them', () => {
    const harness = new Harness({ probeEvents: 1 }).accept(...pendingEvents('a/1', 'b/1')).respond(suspend);
    expect(harness.core.wantsEvents).toBe(false);
    harness.accept(...pendingEvents('b/2'));
    expect(names(harness.left)).toEqual(['b/1', 'b/2']);
  });

  it('holds nothing while it is not served, and completes requests in flight', () => {
    const harness = new Harness({ requestEvents: { revenuecat: 1, log_event: 1 } });
    harness.accept(...pendingEvents('a/1', 'a/2', 'b/1'));
    const inFlight = harness.inFlight.flat();
    harness.core.stop(harness.nowMs);
    expect(harness.run().core.state.waiting).toBe(0);
    harness.respond(retry);
    expect(harness.core.state).toMatchObject({ waiting: 0, claimed: 0 });
    expect(names(harness.left)).toEqual(expect.arrayContaining([inFlight[0]]));
    expect(harness.pass(60_000).sent).toHaveLength(inFlight.length - 1);
  });

  it('does not count failures of requests sent before the breaker opened', () => {
    const harness = new Harness({ gate: { ...policy.gate, maxInFlight: 20 } });
    const all = Array.from({ length: 20 }, (_, i) => pendingEvent(`c${String(i)}/1`, 'revenuecat'));
    while (harness.sent.length < 20) harness.accept(...all.splice(0, 4)).pass(1);
    while (harness.sent.length > 0) harness.respond(retry);
    // The breaker waits once, not once for each failure.
    expect(harness.pass(500).inFlight).toHaveLength(1);
  });

  it('suspends the integration when many events in a row are rejected and none is accepted', () => {
    const harness = new Harness({ gate: { ...policy.gate, maxRejections: 3 }, probeEvents: 2 });
    harness.accept(...['a', 'b', 'c', 'd', 'e'].map((name) => pendingEvent(`${name}/1`, 'revenuecat')));
    for (let i = 0; i < 50; i++) {
      if (harness.sent.length > 0) harness.respond(reject);
      else harness.pass(500);
    }
    expect(harness.of('dead_letter')).toHaveLength(3);
    expect(harness.core.suspension?.detail).toContain('3 events were rejected in a row');
  });

  it('probes with other events than the rejected ones while it is suspended for rejections', () => {
    const harness = new Harness({ gate: { ...policy.gate, maxRejections: 1 }, probeEvents: 3 });
    harness.accept(
      ...['bad1', 'bad2', 'bad3', 'good'].map((name) => pendingEvent(`${name}/1`, 'revenuecat')),
    );
    for (let i = 0; i < 100; i++) {
      const next = harness.inFlight[0]?.[0];
      if (next === undefined) harness.pass(500);
      else harness.respond(next.startsWith('bad') ? reject : accepted);
    }
    expect(harness.of('mark_delivered').flatMap((effect) => names(effect.events))).toEqual(['good/1']);
    // After each acceptance, one rejection is attributed to the event.
    expect(harness.of('dead_letter')).toHaveLength(2);
  });

  it('puts back a postponed request whose claims have become too old', () => {
    const harness = new Harness().accept(...pendingEvents('anna/1'));
    const request = harness.sent.shift();
    if (request === undefined) throw new Error('nothing is in flight');
    harness.nowMs += policy.claimMaxAgeMs + 1;
    expect(harness.core.confirm(request, harness.nowMs)).toBe(false);
    expect(harness.run().of('claim')).toHaveLength(2);
  });

  it('leaves a postponed request if its partition was revoked', () => {
    const events = pendingEvents('anna/1');
    const harness = new Harness().accept(...events);
    const request = harness.sent.shift();
    if (request === undefined) throw new Error('nothing is in flight');
    for (const { progress } of events) progress.isRevoked = true;
    harness.core.leaveRevoked(harness.nowMs);
    harness.core.postponed(request, harness.nowMs, 1_000);
    harness.run();
    expect(harness.of('leave').flatMap((effect) => names(effect.events))).toEqual(['anna/1']);
  });

  it('remembers the progress of a left event', () => {
    const gate = { ...policy.gate, breakerFailures: 2 };
    const harness = new Harness({ gate, probeEvents: 1 });
    harness.accept(pendingEvent('anna/1', 'revenuecat'), pendingEvent('ben/1', 'revenuecat'));
    harness.respond(lost).respond(lost);
    expect(harness.left).toHaveLength(1);
    while (harness.of('mark_delivered').length < 2) {
      if (harness.sent.length > 0) harness.respond(accepted);
      else harness.pass(100);
    }
    for (const { events } of harness.of('mark_delivered'))
      expect(events[0]?.progress).toMatchObject({ attempts: 2, maybeDelivered: true });
  });

  it('remembers the progress of an event whose partition was revoked, if it is assigned again', () => {
    const event = pendingEvent('anna/1', 'revenuecat');
    const harness = new Harness().accept(event).respond(lost);
    event.progress.isRevoked = true;
    harness.core.leaveRevoked(harness.nowMs);
    harness.run().accept(pendingEvent('anna/1', 'revenuecat')).respond(accepted);
    expect(harness.of('mark_delivered')[0]?.events[0]?.progress).toMatchObject({
      attempts: 2,
      maybeDelivered: true,
    });
  });

  it('dead-letters an event whose former owner vanished, and sends no copy of a maybe delivered one', () => {
    const core = new DispatchCore(policy, () => 1);
    const events = pendingEvents('a/1', 'b/1');
    core.accept(events, 0);
    core.next(0);
    core.claimResults(events, ['abandoned', 'maybe_delivered'], 0);
    expect(core.next(0)).toMatchObject([
      { kind: 'dead_letter', event: { eventId: 'a/1' }, reason: 'owner_vanished', isAmbiguous: true },
      { kind: 'duplicate', event: { eventId: 'b/1' }, isCertain: false },
    ]);
  });

  it('reads more events for probes if the held ones keep failing', () => {
    const harness = new Harness({ probeEvents: 3 });
    harness.accept(pendingEvent('bad/1', 'revenuecat'), pendingEvent('bad/2', 'revenuecat'));
    for (let i = 0; i < policy.gate.breakerFailures; i++) {
      while (harness.sent.length === 0) harness.pass(100);
      harness.respond(retry);
    }
    harness.accept(pendingEvent('good/1', 'revenuecat'));
    for (let i = 0; i < 100 && harness.of('mark_delivered').length === 0; i++) {
      const next = harness.inFlight[0]?.[0];
      if (next === undefined) harness.pass(500);
      else harness.respond(next.startsWith('bad') ? retry : accepted);
    }
    expect(harness.of('mark_delivered').flatMap((effect) => names(effect.events))).toEqual(['good/1']);
  });

  it('reads more events if those held for probes turn out to be delivered', () => {
    const harness = new Harness({ probeEvents: 1 });
    harness.accept(...['a/1', 'b/1', 'c/1'].map((name) => pendingEvent(name, 'revenuecat')));
    while (harness.sent.length > 0) harness.respond(suspend);
    harness.deliveredByOthers.add('a/1').add('b/1');
    for (let i = 0; i < 20 && harness.sent.length === 0; i++) harness.pass(1_000);
    expect(harness.inFlight).toEqual([['c/1']]);
  });

  it('reads past further events of customers with a held event to find probes, and keeps their order', () => {
    const harness = new Harness({ probeEvents: 3 });
    const behind = Array.from({ length: 20 }, (_, i) => `bad/${String(i + 2)}`);
    harness.accept(pendingEvent('bad/1', 'revenuecat')).respond(suspend);
    for (const name of behind) {
      expect(harness.core.wantsEvents).toBe(true);
      harness.accept(pendingEvent(name, 'revenuecat'));
    }
    harness.accept(pendingEvent('good/1', 'revenuecat'));
    const delivered: string[] = [];
    for (let i = 0; i < 100 && delivered.length < 22; i++) {
      const next = harness.inFlight[0]?.[0];
      if (next === undefined) harness.pass(500);
      else if (next === 'bad/1' && !delivered.includes('good/1')) harness.respond(suspend);
      else {
        delivered.push(next);
        harness.respond(accepted);
      }
    }
    expect(delivered).toEqual(['good/1', 'bad/1', ...behind]);
  });

  it('stops reading when it holds enough events for probes', () => {
    const harness = new Harness({ probeEvents: 2 });
    harness.accept(pendingEvent('a/1', 'revenuecat')).respond(suspend);
    harness.accept(...['a/2', 'b/1'].map((name) => pendingEvent(name, 'revenuecat')));
    expect(harness.core.wantsEvents).toBe(true);
    harness.accept(pendingEvent('c/1', 'revenuecat'));
    expect(harness.core.wantsEvents).toBe(false);
    expect(harness.core.state.waiting).toBe(2);
  });

  it('sends an event again even if its rejection came after the delay of the next probe', () => {
    const harness = new Harness();
    harness.accept(pendingEvent('anna/1', 'revenuecat'), pendingEvent('ben/1', 'revenuecat'));
    const late = harness.sent.shift();
    harness.respond(suspend).pass(60_000);
    if (late === undefined) throw new Error('nothing is in flight');
    harness.core.responded(late, suspend, harness.nowMs);
    for (let i = 0; i < 20; i++) {
      harness.pass(1_000);
      while (harness.sent.length > 0) harness.respond(accepted);
    }
    expect(
      harness
        .of('mark_delivered')
        .flatMap((effect) => names(effect.events))
        .sort(),
    ).toEqual(['anna/1', 'ben/1']);
  });

  it('dead-letters an event if Statsig rejects the integration only for it', () => {
    const harness = new Harness({ maxFailuresAmongSuccesses: 3 });
    harness.accept(pendingEvent('bad/1', 'revenuecat'));
    for (let i = 0; i < 200 && harness.of('dead_letter').length === 0; i++) {
      harness.accept(pendingEvent(`good-${String(i)}/1`, 'revenuecat'));
      const next = harness.inFlight[0]?.[0];
      if (next === undefined) harness.pass(500);
      else harness.respond(next.startsWith('bad') ? suspend : accepted);
    }
    expect(harness.of('dead_letter').map(({ event }) => event.eventId)).toEqual(['bad/1']);
  });

  describe('with its memory full of events that wait for their next attempt', () => {
    const failed = () =>
      new Harness()
        .accept(...['anna/1', 'anna/2'].map((name) => pendingEvent(name, 'revenuecat')))
        .respond(retry);

    it('leaves them, and sends those of other customers', () => {
      const harness = failed();
      harness.core.leaveBackingOff(harness.nowMs);
      harness.run();
      expect(names(harness.left)).toEqual(['anna/1', 'anna/2']);
      harness.accept(...['anna/3', 'ben/1'].map((name) => pendingEvent(name, 'revenuecat')));
      expect(harness.inFlight).toEqual([['ben/1']]);
      expect(names(harness.left)).toEqual(['anna/1', 'anna/2', 'anna/3']);
    });

    it('rereads them later, in order, and remembers their attempts', () => {
      const harness = failed();
      harness.core.leaveBackingOff(harness.nowMs);
      harness.run().pass(4_999);
      expect(harness.inFlight).toEqual([]);
      harness.pass(1);
      expect(harness.inFlight).toEqual([['anna/1']]);
      expect(harness.sent[0]?.events[0]?.progress.attempts).toBe(2);
      expect(harness.respond(accepted).inFlight).toEqual([['anna/2']]);
    });

    it('wakes on its own when they are due', () => {
      const harness = failed();
      harness.core.leaveBackingOff(harness.nowMs);
      harness.run();
      expect(harness.core.wakeAtMs).toBe(harness.nowMs + 5_000);
    });

    it('rereads them at once when the integration has changed', () => {
      const harness = failed();
      harness.core.leaveBackingOff(harness.nowMs);
      harness.run();
      harness.core.serve();
      expect(harness.run().inFlight).toEqual([['anna/1']]);
    });
  });
});

describe('sandbox events with a server secret of their own', () => {
  const withSecret = (changes: Partial<DispatchPolicy> = {}): Harness =>
    new Harness(changes).useSandboxSecret(true);

  it('share no request with other events, and stay in order with those of their customer', () => {
    const harness = withSecret().accept(
      pendingEvent('anna/1'),
      sandbox('anna/2'),
      pendingEvent('anna/3'),
      sandbox('ben/1'),
    );
    expect(harness.inFlight).toEqual([['anna/1'], ['ben/1']]);
    expect(harness.respond(accepted).inFlight).toEqual([['ben/1'], ['anna/2']]);
    expect(harness.respond(accepted).respond(accepted).inFlight).toEqual([['anna/3']]);
  });

  it('become dead letters if their secret is rejected, while the others continue', () => {
    const harness = withSecret().accept(sandbox('ben/1'), sandbox('cat/1'));
    harness.respond(suspend);
    expect(harness.of('dead_letter')).toMatchObject([
      { event: { eventId: 'ben/1' }, reason: 'sandbox_secret_rejected', isAmbiguous: false },
      { event: { eventId: 'cat/1' }, reason: 'sandbox_secret_rejected' },
    ]);
    expect(harness.core.suspension).toBeUndefined();
    expect(harness.accept(pendingEvent('anna/1')).inFlight).toEqual([['anna/1']]);
  });

  it('do not open the circuit breaker, and wait for their next attempt', () => {
    const harness = withSecret();
    for (let n = 0; n < 2 * policy.gate.breakerFailures; n += 1) {
      harness.accept(sandbox(`tester-${n}/1`)).respond(retry);
    }
    expect(harness.core.state.isHealthy).toBe(true);
    expect(harness.accept(pendingEvent('anna/1')).inFlight).toEqual([['anna/1']]);
    expect(harness.of('dead_letter')).toEqual([]);
  });

  it('are dead letters one by one if their content is rejected, which suspends nothing', () => {
    const harness = withSecret({ gate: { ...policy.gate, maxRejections: 3 } });
    for (let n = 0; n < 5; n += 1) harness.accept(sandbox(`tester-${n}/1`)).respond(reject);
    expect(harness.of('dead_letter')).toHaveLength(5);
    expect(harness.core.suspension).toBeUndefined();
  });

  it('do not end a suspension of the others', () => {
    const harness = withSecret().accept(pendingEvent('anna/1')).respond(suspend);
    expect(harness.core.suspension).toBeDefined();
    harness.accept(sandbox('ben/1')).pass(policy.gate.suspensionBackoff.capMs);
    for (let n = 0; n < 3 && harness.sent[0]?.isIndependent !== true; n += 1)
      harness.respond(suspend).pass(policy.gate.suspensionBackoff.capMs);
    expect(harness.inFlight).toEqual([['ben/1']]);
    harness.respond(accepted);
    expect(harness.core.suspension).toBeDefined();
    expect(harness.pass(policy.gate.suspensionBackoff.capMs).inFlight).toEqual([['anna/1']]);
  });

  it('do not take all places of the probes', () => {
    const harness = withSecret({ probeEvents: 4 }).accept(pendingEvent('anna/1')).respond(suspend);
    for (let n = 0; n < 8; n += 1) harness.accept(sandbox(`tester-${n}/1`));
    expect(harness.core.state.waiting).toBeLessThanOrEqual(3);
    const probes = new Set<string>();
    for (let n = 0; n < 8; n += 1) {
      harness.pass(policy.gate.suspensionBackoff.capMs);
      const [probe = ''] = harness.inFlight[0] ?? [];
      probes.add(probe);
      harness.respond(probe === 'anna/1' ? suspend : retry);
    }
    expect(probes).toContain('anna/1');
  });

  it('suspend the integration if their secret is removed before they are sent, and the other one is rejected', () => {
    const one = { revenuecat: 1, log_event: 1 };
    const harness = withSecret({ requestEvents: one }).accept(sandbox('ben/1'), sandbox('ben/2'));
    harness.useSandboxSecret(false).respond(accepted);
    expect(harness.sent).toMatchObject([{ events: [{ eventId: 'ben/2' }], isIndependent: false }]);
    harness.respond(suspend);
    expect(harness.core.suspension).toBeDefined();
    expect(harness.of('dead_letter')).toEqual([]);
  });

  it('are dead letters if the secret with which they were sent is rejected, although it was removed since', () => {
    const harness = withSecret().accept(sandbox('ben/1')).useSandboxSecret(false).respond(suspend);
    expect(harness.core.suspension).toBeUndefined();
    expect(harness.of('dead_letter')).toMatchObject([{ reason: 'sandbox_secret_rejected' }]);
  });

  it.each([
    ['while the request is in flight', 0],
    ['while its parts wait', 1],
  ])('are separated from the others of a divided request if the secret is added %s', (_when, responses) => {
    const events = [sandbox('ann/1'), sandbox('ben/1'), pendingEvent('cat/1'), sandbox('dan/1')];
    const harness = new Harness({ gate: { ...policy.gate, maxInFlight: 1 } }).accept(...events);
    expect(harness.inFlight).toEqual([['ann/1', 'ben/1', 'cat/1', 'dan/1']]);
    if (responses === 1) {
      harness.respond(reject);
      expect(harness.inFlight).toEqual([['ann/1', 'ben/1']]);
    }
    harness.useSandboxSecret(true).respond(reject);
    const sent: string[][] = [];
    for (; harness.sent.length > 0; harness.respond(accepted)) {
      for (const request of harness.sent)
        for (const { isSandbox = false } of request.events) expect(isSandbox).toBe(request.isIndependent);
      sent.push(...harness.inFlight);
    }
    expect(sent.flat().toSorted()).toEqual(['ann/1', 'ben/1', 'cat/1', 'dan/1']);
  });
});
