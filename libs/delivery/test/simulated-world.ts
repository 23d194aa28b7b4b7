import { DispatchCore, type DispatchPolicy, type Effect, type Unit } from '../src/domain/dispatch-core';
import { deliveredMark, leaseValue, readClaim } from '../src/domain/ledger';
import { newProgress, type Parcel } from '../src/domain/parcel';
import { type Verdict } from '../src/domain/verdict';

/** A record in the log of one partition. */
export interface LogRecord {
  eventId: string;
  customerKey: string;
}

interface LogParcel extends Parcel {
  offset: number;
}

/** Something begun that goes on in steps, between any two of which the process may crash. */
interface Task {
  steps: (() => void)[];
}

export const policy: DispatchPolicy = {
  unitCount: { revenuecat: 1, log_event: 3 },
  unitBytes: 700,
  lingerMs: 5,
  claimCount: { revenuecat: 4, log_event: 4 },
  claimBytes: 10_000,
  claimMaxAgeMs: 20_000,
  heldRetryMs: 250,
  backoff: { baseMs: 100, capMs: 1_000 },
  maxRetryAfterMs: 5_000,
  maxFailuresAmongSuccesses: 1_000,
  ifMaybeDelivered: 'retry',
  gate: {
    maxInFlight: 3,
    slowAnswerMs: 5_000,
    breakerFailures: 4,
    breakerBackoff: { baseMs: 500, capMs: 2_000 },
    suspensionBackoff: { baseMs: 500, capMs: 2_000 },
    maxRetryAfterMs: 5_000,
  },
};

export const leaseMs = 60_000;

/** What Statsig does with the next request. */
export type Fault = 'none' | 'refuse' | 'take_and_lose_answer' | 'lose_request' | 'unauthorized';

/**
 * One partition, the ledger, Statsig, and dispatchers of which one at a time has the partition: all of it in memory,
 * with time that stands still until it is moved. It does what the real edges do, one observable step at a time.
 */
export class SimulatedWorld {
  readonly log: LogRecord[] = [];
  readonly accepted: string[] = [];
  readonly deadLetters = new Set<string>();
  /** Ids that may rightly have been accepted twice, by the one window. */
  readonly excused = new Set<string>();
  readonly poison = new Set<string>();
  fault: Fault = 'none';
  private nowMs = 1_000_000;
  private readonly ledger = new Map<string, { value: string; expiresAtMs: number }>();
  private committed = 0;
  private readonly settled = new Set<number>();
  private owner: SimulatedProcess;
  private processes = 0;

  constructor(private readonly format: 'revenuecat' | 'log_event') {
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

  /** kill -9: whatever was accepted and not yet marked may be accepted again. */
  crash(): void {
    for (const id of this.owner.acceptedUnmarked) this.excused.add(id);
    this.owner = this.startProcess();
  }

  /** The partition moves to another process, once the owner has finished what was on its way. */
  rebalance(): void {
    this.owner.withdraw();
    for (let i = 0; this.owner.hasTasks && i < 10_000; i++) this.owner.step(0);
    if (this.owner.inHand > 0) throw new Error(`the drain left ${String(this.owner.inHand)} events behind`);
    this.owner = this.startProcess();
  }

  /** All faults over: runs until everything is settled. Answers whether it came to an end. */
  settleAll(): boolean {
    this.fault = 'none';
    for (let i = 0; i < 20_000; i++) {
      this.owner.poll();
      if (this.owner.hasTasks) this.owner.step(0);
      else if (this.committed === this.log.length) return true;
      else this.pass(100);
    }
    return false;
  }

  private startProcess(): SimulatedProcess {
    this.settled.clear();
    this.processes += 1;
    return new SimulatedProcess(this, `process-${this.processes}`, this.committed, this.format);
  }

  now(): number {
    return this.nowMs;
  }

  claim(eventId: string, token: string): ReturnType<typeof readClaim> {
    const entry = this.ledger.get(eventId);
    const previous = entry !== undefined && entry.expiresAtMs > this.nowMs ? entry.value : null;
    if (previous === null) {
      this.ledger.set(eventId, { value: leaseValue(token), expiresAtMs: this.nowMs + leaseMs });
    }
    return readClaim(previous, token);
  }

  release(eventId: string, token: string): void {
    if (this.ledger.get(eventId)?.value === leaseValue(token)) this.ledger.delete(eventId);
  }

  mark(eventId: string): void {
    this.ledger.set(eventId, { value: deliveredMark, expiresAtMs: Infinity });
  }

  settle(offset: number): void {
    this.settled.add(offset);
    while (this.settled.has(this.committed)) this.committed += 1;
  }

  /** Statsig takes a request, or does not: the answer that its sender will get. */
  post(ids: readonly string[]): Verdict {
    const retry = { kind: 'retry', reason: 'fault', detail: '', ambiguous: false } as const;
    const hasPoison = ids.some((id) => this.poison.has(id));
    switch (this.fault) {
      case 'refuse':
        return retry;
      case 'lose_request':
        return { ...retry, ambiguous: true };
      case 'unauthorized':
        return { kind: 'suspend', reason: 'statsig_401', detail: '' };
      case 'take_and_lose_answer':
        if (hasPoison) return { ...retry, ambiguous: true };
        this.accepted.push(...ids);
        for (const id of ids) this.excused.add(id);
        return { ...retry, ambiguous: true };
      case 'none':
        if (hasPoison) return { kind: 'reject', reason: 'statsig_400', detail: '' };
        this.accepted.push(...ids);
        return { kind: 'accepted' };
    }
  }
}

class SimulatedProcess {
  readonly acceptedUnmarked = new Set<string>();
  private readonly core = new DispatchCore<LogParcel>(policy, () => 0.5);
  private readonly tasks: Task[] = [];
  private readonly parcels: LogParcel[] = [];
  private position: number;
  private isWithdrawn = false;
  private done = 0;

  constructor(
    private readonly world: SimulatedWorld,
    private readonly token: string,
    committed: number,
    private readonly format: 'revenuecat' | 'log_event',
  ) {
    this.position = committed;
  }

  get hasTasks(): boolean {
    return this.tasks.length > 0;
  }

  /** Events that are neither settled nor left to others. */
  get inHand(): number {
    return this.parcels.length - this.done;
  }

  poll(): void {
    const records = this.isWithdrawn ? [] : this.world.log.slice(this.position, this.position + 4);
    const parcels = records.map((record, i): LogParcel => ({
      ...record,
      projectId: 'p',
      format: this.format,
      bytes: 300,
      progress: newProgress(),
      offset: this.position + i,
    }));
    this.position += records.length;
    this.parcels.push(...parcels);
    this.core.accept(parcels);
    this.pump();
  }

  withdraw(): void {
    this.isWithdrawn = true;
    for (const { progress } of this.parcels) progress.withdrawn = true;
    this.core.leaveWithdrawn(this.world.now());
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
  }

  private begin(effect: Effect<LogParcel>): void {
    const { world, core, token } = this;
    switch (effect.kind) {
      case 'claim': {
        const { parcels } = effect;
        let results: ReturnType<SimulatedWorld['claim']>[] = [];
        this.task(
          () => (results = parcels.map(({ eventId }) => world.claim(eventId, token))),
          () => {
            core.claimAnswered(parcels, results, world.now());
          },
        );
        return;
      }
      case 'send':
        this.send(effect.unit);
        return;
      case 'record': {
        const { parcels } = effect;
        this.task(
          () => {
            for (const { eventId } of parcels) {
              world.mark(eventId);
              this.acceptedUnmarked.delete(eventId);
            }
          },
          () => {
            for (const parcel of parcels) core.finish(parcel);
          },
          () => {
            for (const { offset } of parcels) this.settle(offset);
          },
        );
        return;
      }
      case 'dead_letter': {
        const { parcel } = effect;
        this.task(
          () => {
            world.deadLetters.add(parcel.eventId);
            world.release(parcel.eventId, token);
          },
          () => {
            core.finish(parcel);
            this.settle(parcel.offset);
          },
        );
        return;
      }
      case 'duplicate':
        this.task(() => {
          this.settle(effect.parcel.offset);
        });
        return;
      case 'release':
        // Redis gets commands in the order given, so a release is never overtaken by a later claim.
        for (const { eventId } of effect.parcels) world.release(eventId, token);
        return;
      case 'leave':
        this.done += effect.parcels.length;
        return;
      case 'retrying':
      case 'suspended':
        return;
    }
  }

  private settle(offset: number): void {
    this.done += 1;
    this.world.settle(offset);
  }

  private send(unit: Unit<LogParcel>): void {
    const ids = unit.parcels.map(({ eventId }) => eventId);
    let verdict: Verdict | undefined;
    this.task(
      () => {
        verdict = this.world.post(ids);
        if (verdict.kind === 'accepted') for (const id of ids) this.acceptedUnmarked.add(id);
      },
      () => {
        if (verdict !== undefined) this.core.answered(unit, verdict, this.world.now());
      },
    );
  }

  private task(...steps: (() => void)[]): void {
    this.tasks.push({ steps });
  }
}
