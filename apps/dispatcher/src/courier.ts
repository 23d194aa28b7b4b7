import { setTimeout as delay } from 'node:timers/promises';
import {
  DispatchCore,
  type DispatchPolicy,
  type Effect,
  type Receipt,
  type RedisLedger,
  type Unit,
} from '@app/delivery';
import { type Integration } from '@app/integrations';
import { deadLetter, type RecordProducer, type TopicNames } from '@app/kafka';
import { type Logger } from '@app/platform';
import { type Answer, classify, type StatsigClient, type Verdict } from '@app/statsig';
import * as metrics from './dispatcher.metrics';
import { type OutgoingEvent } from './outgoing-event';
import { type ParkingLot } from './parking-lot';
import { receiptRecord } from './receipts';
import { type RequestLimiter } from './request-limiter';

export interface CourierPorts {
  ledger: Pick<RedisLedger, 'claim' | 'settle' | 'release'>;
  statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents'>;
  limiter: Pick<RequestLimiter, 'take'>;
  producer: Pick<RecordProducer, 'send'>;
  topics: TopicNames;
  integration: () => Integration | undefined;
  /** Whether the project has too much of any partition in hand. */
  isCrowding: () => boolean;
  policy: DispatchPolicy;
  /** Where a project's events may be kept out of the way of others'; undefined where there are no others. */
  parking: (projectId: string) => Pick<ParkingLot, 'hasParked' | 'park'> | undefined;
  nowMs: () => number;
  logger: Logger;
}

/** An event that Statsig has, and the request that brought it there. */
interface Accepted {
  event: OutgoingEvent;
  unit: Unit<OutgoingEvent>;
}

/** All but `record`, which is done for all of a turn together. */
type OtherEffect = Exclude<Effect<OutgoingEvent>, { kind: 'record' }>;
type EffectOf<K extends Effect<OutgoingEvent>['kind']> = Extract<Effect<OutgoingEvent>, { kind: K }>;

const ledgerRetryMs = 500;
/** Events whose receipts are written together. */
const maxMarkedTogether = 1_000;

/** Carries one project's events to Statsig: does what the dispatch core decides, and tells it what came of it. */
export class Courier {
  private readonly core: DispatchCore<OutgoingEvent>;
  private readonly sinceReceivedSeconds: ReturnType<typeof metrics.sinceReceivedSeconds.labels>;
  private timer: NodeJS.Timeout | undefined;
  private isPumpDue = false;
  private alerted: string | undefined;
  private readonly toMark: Accepted[] = [];
  private isMarking = false;

  constructor(
    private readonly projectId: string,
    private readonly ports: CourierPorts,
  ) {
    this.core = new DispatchCore(ports.policy, Math.random);
    this.sinceReceivedSeconds = metrics.sinceReceivedSeconds.labels(projectId);
  }

  accept(events: readonly OutgoingEvent[]): void {
    this.core.accept(events);
    this.makeRoom();
    this.pumpSoon();
  }

  /** What is not on its way is left to whoever has its partition next. */
  leaveWithdrawn(): void {
    this.core.leaveWithdrawn(this.ports.nowMs());
    this.pumpSoon();
  }

  /** The integration has changed: whatever kept it from being served may be gone. */
  integrationChanged(): void {
    this.core.reopen();
    this.pumpSoon();
  }

  /** For metrics and people. */
  get state() {
    return { ...this.core.state, problem: this.problem };
  }

  private get isStuck(): boolean {
    return this.problem !== undefined || !this.core.state.isHealthy;
  }

  private get problem(): string | undefined {
    const integration = this.ports.integration();
    if (integration === undefined) return `Project "${this.projectId}" has no integration; its events wait.`;
    if (!integration.enabled)
      return `The integration of project "${this.projectId}" is paused; its events wait.`;
    return this.core.suspension?.detail;
  }

  /** Once for all that happens in one turn of the event loop. */
  private pumpSoon(): void {
    if (this.isPumpDue) return;
    this.isPumpDue = true;
    setImmediate(() => {
      this.isPumpDue = false;
      this.pump();
    });
  }

  private pump(): void {
    clearTimeout(this.timer);
    if (this.ports.isCrowding()) this.makeRoom();
    const integration = this.ports.integration();
    if (integration?.enabled === true) {
      for (let effects = this.core.next(this.ports.nowMs()); effects.length > 0;) {
        this.perform(effects, integration);
        effects = this.core.next(this.ports.nowMs());
      }
      this.wakeLater();
    } else {
      this.perform(this.core.takeEffects(), undefined);
    }
    if (this.isStuck) this.makeRoom();
  }

  private perform(effects: readonly Effect<OutgoingEvent>[], integration: Integration | undefined): void {
    const accepted: Accepted[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'record') this.performOne(effect, integration);
      else for (const event of effect.parcels) accepted.push({ event, unit: effect.unit });
    }
    if (accepted.length === 0) return;
    this.alerted = undefined;
    void this.record(accepted);
  }

  /** Events that cannot be delivered for now, or not fast enough, or have others of their project parked before them, make room for other projects'. */
  private makeRoom(): void {
    const parking = this.ports.parking(this.projectId);
    if (parking === undefined) return;
    const { isStuck } = this;
    const isInTheWay = ({ partition }: OutgoingEvent): boolean =>
      isStuck || partition?.isCrowdedBy(this.projectId) === true;
    const events = this.core.takeOut(
      (event) => !event.isParked && (isInTheWay(event) || parking.hasParked(event)),
      // What is parked is read again behind it, however often it is tried.
      (event) => !event.isParked,
    );
    if (events.length === 0) return;
    void this.park(events, parking);
  }

  private async park(events: readonly OutgoingEvent[], parking: Pick<ParkingLot, 'park'>): Promise<void> {
    try {
      await parking.park(events);
      for (const event of events) event.settle();
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'events could not be parked; they stay uncommitted');
    }
    for (const event of events) event.done();
  }

  private wakeLater(): void {
    const { wakeAtMs } = this.core;
    if (wakeAtMs === Infinity) return;
    this.timer = setTimeout(
      () => {
        this.pump();
      },
      Math.max(1, wakeAtMs - this.ports.nowMs()),
    );
  }

  private performOne(effect: OtherEffect, integration: Integration | undefined): void {
    switch (effect.kind) {
      case 'claim':
        return void this.claim(effect.parcels);
      case 'send':
        if (integration === undefined) this.core.postponed(effect.unit, this.ports.nowMs(), 0);
        else void this.send(effect.unit, integration);
        return;
      case 'duplicate': {
        this.duplicate(effect);
        return;
      }
      case 'release':
        return void this.release(effect.parcels);
      case 'retrying': {
        this.retrying(effect);
        return;
      }
      case 'dead_letter':
        return void this.setAside(effect);
      case 'leave':
        for (const event of effect.parcels) event.done();
        return;
      case 'suspended': {
        this.alert(effect);
        return;
      }
    }
  }

  /** Once: probes that find the same are no news. */
  private alert({ suspension: { reason, detail } }: EffectOf<'suspended'>): void {
    if (this.alerted === reason) return;
    this.alerted = reason;
    this.ports.logger.error(
      { projectId: this.projectId, reason, detail },
      'Statsig refuses this integration; its events are kept until it is put right',
    );
  }

  private async claim(events: readonly OutgoingEvent[]): Promise<void> {
    try {
      const results = await this.ports.ledger.claim(events);
      this.core.claimAnswered(events, results, this.ports.nowMs());
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'the ledger could not be asked; nothing is sent unclaimed');
      this.core.claimFailed(events, this.ports.nowMs());
    }
    this.pumpSoon();
  }

  private async send(unit: Unit<OutgoingEvent>, integration: Integration): Promise<void> {
    const limit = integration.maxRequestsPerSecond;
    const waitMs = limit === undefined ? 0 : await this.waitForPlace(limit);
    if (waitMs > 0) {
      this.core.postponed(unit, this.ports.nowMs(), waitMs);
      this.pumpSoon();
      return;
    }
    unit.sentAtMs = this.ports.nowMs();
    const answer = await this.post(unit.parcels, integration.serverSecret);
    const nowMs = this.ports.nowMs();
    unit.answeredAtMs = nowMs;
    if (answer.kind === 'response') unit.status = answer.status;
    const verdict = classify(answer, nowMs);
    metrics.requestSeconds.observe(
      { project: this.projectId, verdict: verdict.kind },
      (nowMs - unit.sentAtMs) / 1_000,
    );
    this.countPossibleRepeats(unit, verdict);
    this.core.answered(unit, verdict, nowMs);
    this.pumpSoon();
  }

  private async waitForPlace(maxRequestsPerSecond: number): Promise<number> {
    try {
      return await this.ports.limiter.take(this.projectId, maxRequestsPerSecond);
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'the request limit could not be asked; the request waits');
      return ledgerRetryMs;
    }
  }

  private post(events: readonly OutgoingEvent[], serverSecret: string): Promise<Answer> {
    const [first] = events;
    if (first?.format === 'revenuecat') return this.ports.statsig.sendEnvelope(serverSecret, first.body);
    const bodies = events.map(({ body }) => body);
    return this.ports.statsig.sendEvents(serverSecret, bodies, Math.round(this.ports.nowMs()));
  }

  private countPossibleRepeats({ parcels }: Unit<OutgoingEvent>, verdict: Verdict): void {
    if (verdict.kind === 'retry' && verdict.ambiguous)
      metrics.possibleRepeats.inc({ project: this.projectId, cause: 'answer_lost' }, parcels.length);
  }

  /** What is accepted while earlier ones are being marked is marked together, as soon as they are. */
  private async record(accepted: readonly Accepted[]): Promise<void> {
    this.toMark.push(...accepted);
    if (this.isMarking) return;
    this.isMarking = true;
    while (this.toMark.length > 0) await this.mark(this.toMark.splice(0, maxMarkedTogether));
    this.isMarking = false;
  }

  /** Mark, then receipts, then offsets: a crash in between finds the mark. */
  private async mark(accepted: readonly Accepted[]): Promise<void> {
    const found = await this.ports.ledger.settle(accepted.map(({ event }) => event));
    const overtaken = found.filter((state) => state === 'overtaken').length;
    metrics.possibleRepeats.inc({ project: this.projectId, cause: 'lease_overtaken' }, overtaken);
    this.delivered(accepted.filter((_, i) => !(found[i] instanceof Error)));
    const failure = found.find((state) => state instanceof Error);
    if (failure === undefined) return;
    // Others need not wait for what cannot be marked now.
    const unmarked = accepted.filter((_, i) => found[i] instanceof Error);
    void this.markLater(unmarked, failure);
  }

  private async markLater(unmarked: readonly Accepted[], failure: Error): Promise<void> {
    this.ports.logger.warn({ err: failure }, 'deliveries could not be recorded; trying again');
    await delay(ledgerRetryMs);
    await this.record(unmarked);
  }

  private delivered(marked: readonly Accepted[]): void {
    if (marked.length === 0) return;
    for (const { event } of marked) this.core.finish(event);
    this.pumpSoon();
    metrics.outcomes.inc({ project: this.projectId, outcome: 'delivered', reason: '' }, marked.length);
    const receipts = marked.map(({ event, unit }) => {
      const atMs = Math.round(unit.answeredAtMs ?? unit.sentAtMs);
      this.sinceReceivedSeconds.observe(Math.max(0, atMs - event.head.receivedAtMs) / 1_000);
      return receiptRecord(this.ports.topics.receipts, event, {
        outcome: 'delivered',
        ...answerOf(unit),
        ...(event.progress.maybeDelivered && { previousAmbiguous: true }),
        atMs,
      });
    });
    void this.settle(
      marked.map(({ event }) => event),
      receipts,
    );
  }

  private duplicate({ parcel }: EffectOf<'duplicate'>): void {
    const atMs = Math.round(this.ports.nowMs());
    metrics.outcomes.inc({ project: this.projectId, outcome: 'duplicate', reason: '' });
    void this.settle(
      [parcel],
      [receiptRecord(this.ports.topics.receipts, parcel, { outcome: 'duplicate', atMs })],
    );
  }

  private async release(events: readonly OutgoingEvent[]): Promise<void> {
    try {
      await this.ports.ledger.release(events);
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'leases could not be given back; they run out by themselves');
    }
  }

  private retrying({ parcels, unit, verdict, nextAttemptAtMs }: EffectOf<'retrying'>): void {
    const nowMs = this.ports.nowMs();
    metrics.outcomes.inc(
      { project: this.projectId, outcome: 'retrying', reason: verdict.reason },
      parcels.length,
    );
    const receipts = parcels.map((event) =>
      receiptRecord(this.ports.topics.receipts, event, {
        outcome: 'retrying',
        reason: verdict.reason,
        detail: verdict.detail,
        ...answerOf(unit),
        nextAttemptAtMs: Math.round(nextAttemptAtMs),
        atMs: Math.round(nowMs),
      }),
    );
    this.ports.producer.send(receipts).catch((error: unknown) => {
      this.ports.logger.warn({ err: error }, 'receipts of attempts could not be written');
    });
  }

  private async setAside({ parcel, unit, reason, detail }: EffectOf<'dead_letter'>): Promise<void> {
    const { topics } = this.ports;
    const atMs = Math.round(this.ports.nowMs());
    const attempts = parcel.progress.attempts;
    metrics.outcomes.inc({ project: this.projectId, outcome: 'dead_lettered', reason });
    const kept = deadLetter(topics.deliveriesDeadLetter, parcel.record, {
      reason,
      detail,
      stage: 'dispatcher',
      attempts,
      atMs,
    });
    const receipt = receiptRecord(topics.receipts, parcel, {
      outcome: 'dead_lettered',
      reason,
      detail,
      ...answerOf(unit),
      ...(parcel.progress.maybeDelivered && { previousAmbiguous: true }),
      atMs,
    });
    const isKept = this.settle([parcel], [kept, receipt]);
    // A copy of it may be tried again: what is wrong may have been put right meanwhile.
    await this.release([parcel]);
    await isKept;
    this.core.finish(parcel);
    this.pumpSoon();
  }

  /** Offsets follow once the records are safe; where they cannot be written, the events are read again and found in the ledger. */
  private async settle(
    events: readonly OutgoingEvent[],
    records: Parameters<RecordProducer['send']>[0],
  ): Promise<void> {
    try {
      await this.ports.producer.send(records);
      for (const event of events) event.settle();
    } catch (error) {
      this.ports.logger.warn({ err: error }, 'receipts could not be written; the events stay uncommitted');
    }
    for (const event of events) event.done();
  }
}

function answerOf({
  sentAtMs,
  answeredAtMs = sentAtMs,
  status,
}: Unit<OutgoingEvent>): Pick<Receipt, 'latencyMs' | 'status'> {
  return { latencyMs: Math.round(answeredAtMs - sentAtMs), ...(status !== undefined && { status }) };
}
