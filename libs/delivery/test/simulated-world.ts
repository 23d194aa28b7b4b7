import { DispatchCore } from '../src/domain/dispatch-core';
import { type DispatchPolicy } from '../src/domain/dispatch-policy';
import { type DeliveryRequest, type Effect } from '../src/domain/effects';
import { type ClaimResult } from '../src/domain/ledger';
import { newProgress, type PendingEvent } from '../src/domain/pending-event';
import { type Verdict } from '../src/domain/verdict';
import { InMemoryLedger } from './in-memory-ledger';

/** A record in the log of one partition. */
export interface LogRecord {
  eventId: string;
  orderKey: string;
}

interface LoggedEvent extends PendingEvent {
  offset: number;
}

/** Something begun that goes on in steps, between any two of which the process may crash. */
interface Task {
  steps: (() => void)[];
}

export const policy: DispatchPolicy = {
  requestEvents: { revenuecat: 1, log_event: 3 },
  requestBytes: 700,
  lingerMs: 5,
  claimCount: { revenuecat: 4, log_event: 4 },
  claimBytes: 10_000,
  claimMaxAgeMs: 20_000,
  heldRetryMs: 250,
  backoff: { baseMs: 100, capMs: 1_000 },
  maxRetryAfterMs: 5_000,
  maxFailuresAmongSuccesses: 1_000,
  onAmbiguous: 'retry',
  probeEvents: 2,
  gate: {
    maxInFlight: 3,
    slowResponseMs: 5_000,
    breakerFailures: 4,
    maxRejections: 1_000,
    breakerBackoff: { baseMs: 500, capMs: 2_000 },
    suspensionBackoff: { baseMs: 500, capMs: 2_000 },
    maxRetryAfterMs: 5_000,
  },
};

export const leaseMs = 60_000;

/** What Statsig does with the next requests. */
export type Fault = 'none' | 'refuse' | 'accept_and_lose_response' | 'lose_request' | 'unauthorized';

export interface WorldOptions {
  format: 'revenuecat' | 'log_event';
  onAmbiguous: DispatchPolicy['onAmbiguous'];
}

/**
 * One partition, the ledger, Statsig, and dispatchers of which one at a time has the partition: all of it in memory, with
 * time that stands still until it is moved. It does what the real edges do, one observable step at a time.
 */
export class SimulatedWorld {
  readonly log: LogRecord[] = [];
  readonly accepted: string[] = [];
  readonly deadLetters = new Set<string>();
  /** Ids that may rightly have been accepted twice. */
  readonly excused = new Set<string>();
  readonly poison = new Set<string>();
  readonly ledger: InMemoryLedger;
  fault: Fault = 'none';
  /** Requests that have to wait for a limit, before one is sent. */
  postponements = 0;
  isServed = true;
  private nowMs = 1_000_000;
  private committed = 0;
  private readonly acked = new Set<number>();
  private owner: SimulatedProcess;
  private processes = 0;

  constructor(readonly options: WorldOptions) {
    this.ledger = new InMemoryLedger({ leaseMs, onAmbiguous: options.onAmbiguous });
    this.owner = this.startProcess();
  }

  produce(record: LogRecord): void {
    this.log.push(record);
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** Runs one step of one task of the owner; which one, `choice` decides. */
  step(choice: number): void {
    this.owner.poll();
    this.owner.step(choice);
  }

  /** kill -9: what was accepted and not yet marked may be accepted again. */
  crash(): void {
    if (this.options.onAmbiguous === 'retry')
      for (const id of this.owner.acceptedUnmarked) this.excused.add(id);
    this.owner = this.startProcess();
  }

  /** The partition moves to another process, once the owner has completed what was in flight. */
  rebalance(): void {
    this.owner.withdraw();
    for (let i = 0; this.owner.hasTasks && i < 10_000; i++) this.owner.step(0);
    if (this.owner.inHand > 0)
      throw new Error(`${String(this.owner.inHand)} events were not left at the end`);
    this.owner = this.startProcess();
  }

  /** An operator pauses the integration or resumes it, or it is removed or added. */
  serve(isServed: boolean): void {
    this.isServed = isServed;
    this.owner.serve(isServed);
  }

  /** The owner's memory is full, and nothing of what is in it moves. */
  stall(): void {
    this.owner.makeRoom();
  }

  /** Ends all faults and runs until every record is acked. Returns whether that happened. */
  completeAll(): boolean {
    this.fault = 'none';
    this.postponements = 0;
    if (!this.isServed) this.serve(true);
    for (let i = 0; i < 20_000; i++) {
      this.owner.poll();
      if (this.owner.hasTasks) this.owner.step(0);
      else if (this.committed === this.log.length) return true;
      else this.pass(100);
    }
    return false;
  }

  now(): number {
    return this.nowMs;
  }

  ack(offset: number): void {
    this.acked.add(offset);
    while (this.acked.has(this.committed)) this.committed += 1;
  }

  isAcked(offset: number): boolean {
    return this.acked.has(offset);
  }

  /** Statsig accepts a request or not. Returns what its sender sees. */
  post(ids: readonly string[]): Verdict {
    const retry = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false } as const;
    const hasPoison = ids.some((id) => this.poison.has(id));
    switch (this.fault) {
      case 'refuse':
        return retry;
      case 'lose_request':
        return { ...retry, ambiguous: true };
      case 'unauthorized':
        return { kind: 'suspend', reason: 'statsig_401', detail: '' };
      case 'accept_and_lose_response':
        if (hasPoison) return { ...retry, ambiguous: true };
        this.accepted.push(...ids);
        if (this.options.onAmbiguous === 'retry') for (const id of ids) this.excused.add(id);
        return { ...retry, ambiguous: true };
      case 'none':
        if (hasPoison) return { kind: 'reject', reason: 'statsig_400', detail: '' };
        this.accepted.push(...ids);
        return { kind: 'accepted' };
    }
  }

  private startProcess(): SimulatedProcess {
    this.acked.clear();
    this.processes += 1;
    return new SimulatedProcess(this, `process-${this.processes}`, this.committed);
  }
}

class SimulatedProcess {
  readonly acceptedUnmarked = new Set<string>();
  private readonly core: DispatchCore<LoggedEvent>;
  private readonly tasks: Task[] = [];
  private readonly held = new Map<number, LoggedEvent>();
  private readonly left = new Set<number>();
  private position: number;
  private isWithdrawn = false;
  private isIntakeOpen = true;

  constructor(
    private readonly world: SimulatedWorld,
    private readonly token: string,
    committed: number,
  ) {
    const { onAmbiguous } = world.options;
    this.core = new DispatchCore<LoggedEvent>({ ...policy, onAmbiguous }, () => 0.5);
    this.position = committed;
    if (!world.isServed) this.core.stop(world.now());
  }

  get hasTasks(): boolean {
    return this.tasks.length > 0;
  }

  /** Events that are neither acked nor left. */
  get inHand(): number {
    return this.held.size;
  }

  /** Records arrive until the intake is paused, which happens a little after the core has decided so. */
  poll(): void {
    if (this.isWithdrawn || !this.isIntakeOpen) {
      this.pump();
      return;
    }
    const from = this.position;
    const events = this.world.log.slice(from, from + 4).flatMap((record, i): LoggedEvent[] => {
      const offset = from + i;
      if (this.held.has(offset) || this.world.isAcked(offset)) return [];
      const { format } = this.world.options;
      return [{ ...record, projectId: 'p', format, bytes: 300, progress: newProgress(), offset }];
    });
    this.position = Math.min(this.world.log.length, from + 4);
    for (const event of events) this.held.set(event.offset, event);
    if (events.length === 0) {
      this.pump();
      return;
    }
    this.core.accept(events, this.world.now());
    // What follows from it is done in a later turn.
    this.task(() => undefined);
  }

  withdraw(): void {
    this.isWithdrawn = true;
    for (const { progress } of this.held.values()) progress.isWithdrawn = true;
    this.core.leaveWithdrawn(this.world.now());
    this.pump();
  }

  serve(isServed: boolean): void {
    if (isServed) this.core.serve();
    else this.core.stop(this.world.now());
    this.pump();
  }

  makeRoom(): void {
    this.core.makeRoom(this.world.now());
    this.pump();
  }

  step(choice: number): void {
    const index = choice % Math.max(1, this.tasks.length);
    const task = this.tasks[index];
    if (task === undefined) return;
    task.steps.shift()?.();
    if (task.steps.length === 0) this.tasks.splice(this.tasks.indexOf(task), 1);
    this.pump();
  }

  private pump(): void {
    for (let effects = this.core.next(this.world.now()); effects.length > 0;) {
      for (const effect of effects) this.begin(effect);
      effects = this.core.next(this.world.now());
    }
    if (this.isWithdrawn) return;
    if (this.core.wantsLeft) {
      this.position = Math.min(this.position, ...this.left);
      this.left.clear();
      this.core.rereading();
    }
    this.isIntakeOpen = this.core.wantsEvents;
  }

  private begin(effect: Effect<LoggedEvent>): void {
    const { world, core, token } = this;
    const { ledger } = world;
    switch (effect.kind) {
      case 'claim': {
        const { events } = effect;
        let results: ClaimResult[] = [];
        this.task(
          () => (results = events.map(({ eventId }) => ledger.claim(eventId, { token }, world.now()))),
          () => {
            core.claimResults(events, results, world.now());
          },
        );
        return;
      }
      case 'send':
        this.send(effect.request);
        return;
      case 'mark_delivered': {
        const { events } = effect;
        this.task(
          () => {
            for (const { eventId } of events) {
              ledger.markDelivered(eventId, { token });
              this.acceptedUnmarked.delete(eventId);
            }
          },
          () => {
            for (const event of events) core.finish(event);
          },
          () => {
            for (const event of events) this.ack(event);
          },
        );
        return;
      }
      case 'dead_letter': {
        const { event, isAmbiguous } = effect;
        this.task(
          () => world.deadLetters.add(event.eventId),
          () => {
            if (isAmbiguous) ledger.markMaybeDelivered(event.eventId, { token }, world.now());
            else ledger.release(event.eventId, { token });
          },
          () => {
            core.finish(event);
            this.ack(event);
          },
        );
        return;
      }
      case 'duplicate':
        this.task(() => {
          this.ack(effect.event);
        });
        return;
      case 'release':
        // Redis receives commands in the order given, so a release is never overtaken by a later claim.
        for (const { eventId } of effect.events) ledger.release(eventId, { token });
        return;
      case 'leave':
        for (const { offset } of effect.events) {
          this.held.delete(offset);
          this.left.add(offset);
        }
        return;
      case 'retrying':
      case 'suspended':
        return;
    }
  }

  private ack({ offset }: LoggedEvent): void {
    this.held.delete(offset);
    this.world.ack(offset);
  }

  private send(request: DeliveryRequest<LoggedEvent>): void {
    const { world, core } = this;
    const ids = request.events.map(({ eventId }) => eventId);
    if (world.postponements > 0) {
      world.postponements -= 1;
      this.task(() => {
        core.postponed(request, world.now(), 300);
      });
      return;
    }
    let verdict: Verdict | undefined;
    let isSent = false;
    this.task(
      () => {
        isSent = core.confirm(request, world.now());
      },
      () => {
        if (!isSent) return;
        verdict = world.post(ids);
        if (verdict.kind === 'accepted') for (const id of ids) this.acceptedUnmarked.add(id);
      },
      () => {
        if (verdict !== undefined) core.responded(request, verdict, world.now());
      },
    );
  }

  private task(...steps: (() => void)[]): void {
    this.tasks.push({ steps });
  }
}
