import { setTimeout as delay } from 'node:timers/promises';
import {
  DispatchCore,
  type DeliveryRequest,
  type DispatchPolicy,
  type Effect,
  type RedisLedger,
} from '@app/delivery';
import { type Integration } from '@app/integrations';
import { type BatchConsumer, type Runner } from '@app/kafka';
import { type Logger, maxTimerMs } from '@app/platform';
import { idsOf } from './delivery-log';
import { DeliveryRecorder, type AcceptedDelivery } from './delivery-recorder';
import { type OutcomeWriter } from './outcome-writer';
import { type PendingDelivery } from './pending-delivery';
import { RereadPace } from './reread-pace';
import { type StatsigSender } from './statsig-sender';

export interface ProjectDispatcherPorts {
  ledger: Pick<RedisLedger, 'claim' | 'markDelivered' | 'markMaybeDelivered' | 'release'>;
  sender: Pick<StatsigSender, 'takeTurn' | 'send' | 'close'>;
  outcomes: Pick<OutcomeWriter, 'writeDelivered' | 'writeDuplicate' | 'writeDeadLetter' | 'writeRetrying'>;
  /** The current integration; undefined when it is no longer served. */
  integration: () => Integration | undefined;
  policy: DispatchPolicy;
  /** Monotonic time in ms. */
  nowMs: () => number;
  logger: Logger;
}

type EffectOf<K extends Effect<PendingDelivery>['kind']> = Extract<Effect<PendingDelivery>, { kind: K }>;
type DeliveriesConsumer = Pick<
  BatchConsumer,
  | 'start'
  | 'close'
  | 'pause'
  | 'resume'
  | 'rereadLeft'
  | 'isRereading'
  | 'waitsForLeft'
  | 'unackedBytes'
  | 'problem'
>;

const ledgerRetryMs = 500;

/** Delivers one project's events: performs the effects that the dispatch core returns, and reports the results to it. */
export class ProjectDispatcher implements Runner {
  private readonly core: DispatchCore<PendingDelivery>;
  private readonly recorder: DeliveryRecorder;
  private readonly unacked = new Map<
    PendingDelivery,
    { ofPartition: Set<PendingDelivery>; complete: () => void }
  >();
  /** Unacked events by the signal that revokes their partition. */
  private readonly partitions = new Map<AbortSignal, Set<PendingDelivery>>();
  private consumer: DeliveriesConsumer | undefined;
  private isConsuming = true;
  private readonly rereadPace = new RereadPace();
  private rereadAtMs = Infinity;
  private timer: NodeJS.Timeout | undefined;
  private isRunDue = false;
  private alerted: string | undefined;

  constructor(
    readonly projectId: string,
    private readonly ports: ProjectDispatcherPorts,
  ) {
    this.core = new DispatchCore(ports.policy, Math.random);
    this.recorder = new DeliveryRecorder(
      projectId,
      ports.ledger,
      (accepted) => {
        this.onMarked(accepted);
      },
      ports.logger,
    );
  }

  /** Sets the consumer whose handler passes events to {@link deliver}. */
  readFrom(consumer: DeliveriesConsumer): this {
    this.consumer = consumer;
    return this;
  }

  start(): Promise<void> {
    return this.consumer?.start() ?? Promise.resolve();
  }

  /** Completes the requests in flight, and leaves all other events in Kafka. */
  async close(): Promise<void> {
    this.core.stop(this.ports.nowMs());
    this.runSoon();
    await this.consumer?.close();
    clearTimeout(this.timer);
    await this.ports.sender.close();
  }

  /** Resolves when each event is handled, or left in Kafka because of a revoked partition or a failure of Statsig. */
  deliver(events: readonly PendingDelivery[], signal: AbortSignal): Promise<void> {
    if (events.length === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const ofPartition = this.partitions.get(signal) ?? this.watch(signal);
      let open = events.length;
      const complete = (): void => {
        open -= 1;
        if (open === 0) resolve();
      };
      for (const event of events) {
        ofPartition.add(event);
        this.unacked.set(event, { ofPartition, complete });
      }
      this.core.accept(events, this.ports.nowMs());
      this.runSoon();
    });
  }

  private watch(signal: AbortSignal): Set<PendingDelivery> {
    const ofPartition = new Set<PendingDelivery>();
    this.partitions.set(signal, ofPartition);
    signal.addEventListener('abort', () => {
      this.partitions.delete(signal);
      // Mark all events first: an event must not be sent after an earlier one of its key was left.
      for (const { progress } of ofPartition) progress.isRevoked = true;
      this.core.leaveRevoked(this.ports.nowMs());
      this.runSoon();
    });
    return ofPartition;
  }

  /** Tries again after a change of the integration, which may have fixed the cause of a suspension. */
  integrationChanged(): void {
    this.core.serve();
    this.runSoon();
  }

  /** Called when memory is full of events that wait for their next attempt: leaves some of them in Kafka. */
  leaveBackingOff(): void {
    this.core.leaveBackingOff(this.ports.nowMs());
    this.runSoon();
  }

  /** Why this process does not read the project's events, if it does not. */
  get problem(): string | undefined {
    return this.consumer?.problem;
  }

  /** For metrics. */
  get state() {
    return {
      ...this.core.state,
      suspension: this.core.suspension,
      unrecorded: this.recorder.unrecorded,
    };
  }

  /** Memory of the unacked events, in bytes. */
  get unackedBytes(): number {
    return this.consumer?.unackedBytes ?? 0;
  }

  /** Whether it reads events for delivery, and so needs memory; while it only sends probes, it holds few events. */
  get isReading(): boolean {
    return this.isConsuming && this.core.state.isHealthy;
  }

  /** Runs once for all changes in one turn of the event loop. */
  private runSoon(): void {
    if (this.isRunDue) return;
    this.isRunDue = true;
    setImmediate(() => {
      this.isRunDue = false;
      this.run();
    });
  }

  private run(): void {
    clearTimeout(this.timer);
    const { nowMs } = this.ports;
    const integration = this.ports.integration();
    if (integration !== undefined)
      this.core.useSandboxSecret(integration.sandboxServerSecret !== undefined, nowMs());
    for (let effects = this.core.next(nowMs()); effects.length > 0; effects = this.core.next(nowMs())) {
      this.performAll(effects);
    }
    this.regulateConsumer();
    this.wakeLater();
  }

  private regulateConsumer(): void {
    const { core, consumer } = this;
    this.rereadAtMs = this.whenToReread();
    if (this.rereadAtMs <= this.ports.nowMs()) {
      this.rereadAtMs = Infinity;
      core.rereading();
      consumer?.rereadLeft();
      this.rereadPace.started(this.ports.nowMs());
    }
    if (core.wantsEvents === this.isConsuming) return;
    this.isConsuming = core.wantsEvents;
    if (this.isConsuming) consumer?.resume();
    else consumer?.pause();
  }

  private whenToReread(): number {
    const nowMs = this.ports.nowMs();
    const { isRereading = false, waitsForLeft = false } = this.consumer ?? {};
    const inTimeMs = this.rereadPace.nextMs(nowMs, { isRereading, waitsForLeft });
    const { wantsLeft } = this.core;
    if (wantsLeft === undefined) return Infinity;
    return wantsLeft === 'at_once' ? nowMs : inTimeMs;
  }

  private wakeLater(): void {
    const wakeAtMs = Math.min(this.core.wakeAtMs, this.rereadAtMs);
    if (wakeAtMs === Infinity) return;
    const waitMs = Math.max(1, wakeAtMs - this.ports.nowMs());
    this.timer = setTimeout(
      () => {
        this.run();
      },
      Math.min(maxTimerMs, waitMs),
    );
  }

  private performAll(effects: readonly Effect<PendingDelivery>[]): void {
    const accepted: AcceptedDelivery[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'mark_delivered') this.perform(effect);
      else for (const event of effect.events) accepted.push({ event, request: effect.request });
    }
    if (accepted.length === 0) return;
    this.alerted = undefined;
    this.recorder.record(accepted);
  }

  private perform(effect: Exclude<Effect<PendingDelivery>, { kind: 'mark_delivered' }>): void {
    switch (effect.kind) {
      case 'claim':
        void this.claim(effect.events);
        return;
      case 'send':
        void this.send(effect.request);
        return;
      case 'duplicate':
        void this.completeAfter(this.ports.outcomes.writeDuplicate(effect), [effect.event]);
        return;
      case 'release':
        void this.release(effect.events);
        return;
      case 'retrying':
        this.ports.outcomes.writeRetrying(effect, this.ports.nowMs());
        return;
      case 'dead_letter':
        void this.deadLetter(effect);
        return;
      case 'leave':
        for (const event of effect.events) {
          event.leave();
          this.complete(event);
        }
        return;
      case 'suspended':
        this.alert(effect);
    }
  }

  /** Logs each suspension once, not after every probe. */
  private alert({ suspension: { reason } }: EffectOf<'suspended'>): void {
    if (this.alerted === reason) return;
    this.alerted = reason;
    // The response may quote the event, so it is only in the receipts, which the console shows.
    this.ports.logger.error(
      { projectId: this.projectId, reason },
      'Statsig rejects this integration; its events wait in Kafka until that is fixed',
    );
  }

  private async claim(events: readonly PendingDelivery[]): Promise<void> {
    const { ledger, nowMs, logger } = this.ports;
    try {
      this.core.claimResults(events, await ledger.claim(events), nowMs());
    } catch (error) {
      logger.warn(
        { err: error, projectId: this.projectId, ...idsOf(events) },
        'failed to claim events; retrying',
      );
      this.core.claimFailed(events, nowMs());
    }
    this.runSoon();
  }

  private async send(request: DeliveryRequest<PendingDelivery>): Promise<void> {
    const { sender, nowMs } = this.ports;
    const integration = this.ports.integration();
    const secret = request.isIndependent ? integration?.sandboxServerSecret : integration?.serverSecret;
    if (integration === undefined || secret === undefined) {
      if (integration === undefined) this.core.stop(nowMs());
      this.core.postponed(request, nowMs(), 0);
      this.runSoon();
      return;
    }
    if (integration.maxRequestsPerSecond !== undefined && !(await this.hasTurn(request, integration))) return;
    request.sentAtMs = nowMs();
    const { verdict, status } = await sender.send(request.events, secret);
    request.respondedAtMs = nowMs();
    if (status !== undefined) request.status = status;
    this.core.responded(request, verdict, request.respondedAtMs);
    this.runSoon();
  }

  private async hasTurn(
    request: DeliveryRequest<PendingDelivery>,
    integration: Integration,
  ): Promise<boolean> {
    const { sender, nowMs } = this.ports;
    const waitMs = await sender.takeTurn(integration);
    if (waitMs === 0 && this.core.confirm(request, nowMs())) return true;
    if (waitMs > 0) this.core.postponed(request, nowMs(), waitMs);
    this.runSoon();
    return false;
  }

  /** Receipts and offsets follow the mark, so that after a crash the ledger recognizes the events. */
  private onMarked(accepted: readonly AcceptedDelivery[]): void {
    for (const { event } of accepted) this.core.finish(event);
    this.runSoon();
    void this.completeAfter(
      this.ports.outcomes.writeDelivered(accepted),
      accepted.map(({ event }) => event),
    );
  }

  private async deadLetter(effect: EffectOf<'dead_letter'>): Promise<void> {
    const { event, isAmbiguous } = effect;
    await this.ports.outcomes.writeDeadLetter(effect, () =>
      // Copies of a rejected event may be sent, because the cause may have been fixed.
      isAmbiguous ? this.markMaybeDelivered(event) : this.release([event]),
    );
    this.core.finish(event);
    this.complete(event);
    this.runSoon();
  }

  /** Retries until it succeeds; otherwise a copy of the event could be sent. */
  private async markMaybeDelivered(event: PendingDelivery): Promise<void> {
    const { ledger, logger } = this.ports;
    for (;;) {
      try {
        await ledger.markMaybeDelivered([event]);
        return;
      } catch (error) {
        logger.warn(
          { err: error, projectId: this.projectId, ...idsOf([event]) },
          'failed to mark an event as maybe delivered; retrying',
        );
        await delay(ledgerRetryMs);
      }
    }
  }

  private async release(events: readonly PendingDelivery[]): Promise<void> {
    try {
      await this.ports.ledger.release(events);
    } catch (error) {
      this.ports.logger.warn(
        { err: error, projectId: this.projectId, ...idsOf(events) },
        'failed to release leases; they will expire',
      );
    }
  }

  private async completeAfter(work: Promise<void>, events: readonly PendingDelivery[]): Promise<void> {
    await work;
    for (const event of events) this.complete(event);
  }

  private complete(event: PendingDelivery): void {
    const entry = this.unacked.get(event);
    if (entry === undefined) return;
    this.unacked.delete(event);
    entry.ofPartition.delete(event);
    entry.complete();
  }
}
