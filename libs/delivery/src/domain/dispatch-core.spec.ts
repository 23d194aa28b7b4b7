import { names, parcel, parcels } from '../../test/parcels';
import { policy } from '../../test/simulated-world';
import { DispatchCore, type DispatchPolicy, type Effect, type Unit } from './dispatch-core';
import { type Parcel } from './parcel';
import { type Verdict } from './verdict';

type Kind = Effect<Parcel>['kind'];

/** A core whose claims all succeed at once, and whose requests wait for the test to answer them. */
class Desk {
  readonly sent: Unit<Parcel>[] = [];
  readonly effects: Effect<Parcel>[] = [];
  nowMs = 1_000_000;
  readonly core: DispatchCore<Parcel>;

  constructor(changes: Partial<DispatchPolicy> = {}) {
    this.core = new DispatchCore(
      { ...policy, unitCount: { revenuecat: 1, log_event: 4 }, unitBytes: 10_000, lingerMs: 0, ...changes },
      () => 1,
    );
  }

  accept(...list: Parcel[]): this {
    this.core.accept(list);
    return this.run();
  }

  run(): this {
    for (let effects = this.core.next(this.nowMs); effects.length > 0; effects = this.core.next(this.nowMs)) {
      for (const effect of effects) {
        this.effects.push(effect);
        if (effect.kind === 'send') this.sent.push(effect.unit);
        if (effect.kind === 'claim') {
          this.core.claimAnswered(
            effect.parcels,
            effect.parcels.map(() => 'claimed'),
            this.nowMs,
          );
        }
        if (effect.kind === 'record') for (const one of effect.parcels) this.core.finish(one);
        if (effect.kind === 'dead_letter') this.core.finish(effect.parcel);
      }
    }
    return this;
  }

  /** Answers the oldest request that is on its way. */
  answer(verdict: Verdict): this {
    const unit = this.sent.shift();
    if (unit === undefined) throw new Error('nothing is on its way');
    this.core.answered(unit, verdict, this.nowMs);
    return this.run();
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this.run();
  }

  get onTheirWay(): string[][] {
    return this.sent.map((unit) => names(unit.parcels));
  }

  of<K extends Kind>(kind: K): Extract<Effect<Parcel>, { kind: K }>[] {
    return this.effects.filter(
      (effect): effect is Extract<Effect<Parcel>, { kind: K }> => effect.kind === kind,
    );
  }
}

const accepted: Verdict = { kind: 'accepted' };
const reject: Verdict = { kind: 'reject', reason: 'statsig_400', detail: 'bad' };
const retry: Verdict = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false };
const lost: Verdict = { kind: 'retry', reason: 'statsig_timeout', detail: '', ambiguous: true };
const suspend: Verdict = { kind: 'suspend', reason: 'statsig_401', detail: 'key refused' };

describe('the dispatch core', () => {
  it('sends one event of a customer at a time where a request carries one', () => {
    const desk = new Desk().accept(
      ...['anna/1', 'anna/2', 'ben/1'].map((name) => parcel(name, 'revenuecat')),
    );
    expect(desk.onTheirWay).toEqual([['anna/1'], ['ben/1']]);
    expect(desk.answer(accepted).onTheirWay).toEqual([['ben/1'], ['anna/2']]);
  });

  it('puts a customer’s events into one request, in order', () => {
    const desk = new Desk().accept(...parcels('anna/1', 'anna/2', 'ben/1'));
    expect(desk.onTheirWay).toEqual([['anna/1', 'anna/2', 'ben/1']]);
  });

  it('keeps what a request has no room for until that request has come to its end', () => {
    const desk = new Desk({ unitBytes: 700, claimCount: { revenuecat: 3, log_event: 3 } }).accept(
      ...parcels('anna/1', 'anna/2', 'anna/3'),
    );
    expect(desk.onTheirWay).toEqual([['anna/1', 'anna/2']]);
    expect(desk.answer(retry).pass(2_000).onTheirWay).toEqual([['anna/1', 'anna/2']]);
    expect(desk.answer(accepted).onTheirWay).toEqual([['anna/3']]);
  });

  it('never sends formats together', () => {
    const desk = new Desk().accept(parcel('anna/1'), parcel('anna/2', 'revenuecat'), parcel('ben/1'));
    const formats = desk.sent.map(({ parcels: list }) => new Set(list.map(({ format }) => format)).size);
    expect(formats.every((count) => count === 1)).toBe(true);
    expect(desk.onTheirWay.flat()).not.toContain('anna/2');
  });

  it('waits a little for a request to fill', () => {
    const desk = new Desk({ lingerMs: 10 }).accept(...parcels('anna/1'));
    expect(desk.onTheirWay).toEqual([]);
    expect(desk.core.wakeAtMs).toBe(desk.nowMs + 10);
    expect(desk.accept(...parcels('ben/1')).pass(10).onTheirWay).toEqual([['anna/1', 'ben/1']]);
  });

  it('lets a second copy of an event wait for the first, even of another customer', () => {
    const copy = { ...parcel('anna/1'), customerKey: 'ben' };
    const desk = new Desk().accept(parcel('anna/1'), copy);
    expect(desk.onTheirWay).toEqual([['anna/1']]);
  });

  it('finds the bad event in a request by halves, and delivers the others in order', () => {
    const desk = new Desk().accept(...parcels('anna/1', 'anna/2', 'anna/3', 'ben/1'));
    desk.answer(reject);
    expect(desk.onTheirWay).toEqual([['anna/1', 'anna/2']]);
    desk.answer(reject);
    expect(desk.onTheirWay).toEqual([['anna/1']]);
    desk.answer(accepted).answer(reject);
    expect(desk.onTheirWay).toEqual([['anna/3', 'ben/1']]);
    desk.answer(accepted);
    expect(desk.of('dead_letter').map(({ parcel: one, reason }) => [one.eventId, reason])).toEqual([
      ['anna/2', 'statsig_400'],
    ]);
    expect(desk.of('record').flatMap(({ parcels: list }) => names(list))).toEqual([
      'anna/1',
      'anna/3',
      'ben/1',
    ]);
  });

  it('keeps the order when a part of a split request has to be tried again', () => {
    const desk = new Desk().accept(...parcels('anna/1', 'anna/2', 'anna/3', 'anna/4'));
    desk.answer(reject).answer(retry);
    expect(desk.onTheirWay).toEqual([]);
    expect(desk.pass(2_000).onTheirWay.flat()).toEqual(['anna/1', 'anna/2', 'anna/3', 'anna/4']);
  });

  it('leaves the parts of a split request to others when its partition goes', () => {
    const list = parcels('anna/1', 'anna/2', 'anna/3', 'anna/4');
    const desk = new Desk().accept(...list).answer(reject);
    for (const { progress } of list) progress.withdrawn = true;
    desk.core.leaveWithdrawn(desk.nowMs);
    desk.run().answer(accepted);
    expect(desk.onTheirWay).toEqual([]);
    expect(desk.of('leave').flatMap((effect) => names(effect.parcels))).toEqual(['anna/3', 'anna/4']);
  });

  it('waits as long as Statsig asks before it tries again', () => {
    const desk = new Desk().accept(...parcels('anna/1'));
    desk.answer({ ...retry, retryAfterMs: 4_000 });
    expect(desk.pass(3_999).onTheirWay).toEqual([]);
    expect(desk.pass(1).onTheirWay).toEqual([['anna/1']]);
  });

  it('gives the lease back while it waits', () => {
    const desk = new Desk().accept(...parcels('anna/1')).answer(retry);
    expect(desk.of('release').flatMap((effect) => names(effect.parcels))).toEqual(['anna/1']);
  });

  it('sends nothing but a probe once Statsig has failed often enough in a row, and all again when the probe is taken', () => {
    const desk = new Desk().accept(
      ...['a/1', 'b/1', 'c/1', 'd/1', 'e/1'].map((name) => parcel(name, 'revenuecat')),
    );
    for (let i = 0; i < policy.gate.breakerFailures; i++) {
      while (desk.sent.length === 0) desk.pass(50);
      desk.answer(retry);
    }
    while (desk.sent.length > 0) desk.answer(retry);
    expect(desk.core.state.isHealthy).toBe(false);
    while (desk.sent.length === 0) desk.pass(100);
    expect(desk.onTheirWay).toHaveLength(1);
    desk.answer(accepted);
    expect(desk.core.state.isHealthy).toBe(true);
    desk.pass(2_000);
    expect(desk.onTheirWay.length).toBeGreaterThan(1);
  });

  it('holds everything of an integration that Statsig refuses, and tries at once when it has been changed', () => {
    const desk = new Desk().accept(...parcels('anna/1', 'ben/1')).answer(suspend);
    expect(desk.core.suspension?.reason).toBe('statsig_401');
    expect(desk.pass(400).onTheirWay).toEqual([]);
    desk.core.reopen();
    expect(desk.run().onTheirWay).toEqual([['anna/1', 'ben/1']]);
  });

  it('takes an event that fails again and again, while others are taken, for a bad one', () => {
    const desk = new Desk({ maxFailuresAmongSuccesses: 3 });
    desk.accept(parcel('bad/1', 'revenuecat'));
    for (let i = 0; i < 3; i++) {
      desk.accept(parcel(`good/${String(i)}`, 'revenuecat'));
      while (desk.sent.length < 2) desk.pass(50);
      desk.sent.sort(
        (a, b) => Number(names(a.parcels)[0] === 'bad/1') - Number(names(b.parcels)[0] === 'bad/1'),
      );
      desk.answer(accepted).answer(retry);
    }
    expect(desk.of('dead_letter').map(({ parcel: one }) => one.eventId)).toEqual(['bad/1']);
  });

  it('never gives up an event because of an outage', () => {
    const desk = new Desk({ maxFailuresAmongSuccesses: 3 }).accept(...parcels('anna/1'));
    for (let i = 0; i < 20; i++) {
      while (desk.sent.length === 0) desk.pass(100);
      desk.answer(retry);
    }
    expect(desk.of('dead_letter')).toEqual([]);
  });

  it('leaves to a person what Statsig may have already, where it must never repeat', () => {
    const desk = new Desk({ ifMaybeDelivered: 'dead_letter' }).accept(...parcels('anna/1')).answer(lost);
    expect(desk.of('dead_letter').map(({ reason }) => reason)).toEqual(['statsig_timeout']);
    expect(desk.of('retrying')).toEqual([]);
  });

  it('sends a postponed request unchanged when its time has come, and does not count it as an attempt', () => {
    const desk = new Desk().accept(...parcels('anna/1', 'ben/1'));
    const unit = desk.sent.shift();
    if (unit === undefined) throw new Error('nothing is on its way');
    desk.core.postponed(unit, desk.nowMs, 300);
    expect(desk.run().onTheirWay).toEqual([]);
    expect(desk.core.wakeAtMs).toBe(desk.nowMs + 300);
    expect(desk.pass(300).onTheirWay).toEqual([['anna/1', 'ben/1']]);
    expect(desk.sent[0]?.parcels.map(({ progress }) => progress.attempts)).toEqual([1, 1]);
  });

  it('does not send on a claim that has grown old', () => {
    const desk = new Desk({ lingerMs: policy.claimMaxAgeMs + 1 }).accept(...parcels('anna/1'));
    desk.pass(policy.claimMaxAgeMs + 1);
    expect(desk.of('release').flatMap((effect) => names(effect.parcels))).toEqual(['anna/1']);
    expect(desk.of('claim')).toHaveLength(2);
  });
});
