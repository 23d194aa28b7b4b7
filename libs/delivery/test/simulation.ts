import { OffsetTracker } from '@app/kafka';
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
  isSandbox?: boolean;
}

export const policy: DispatchPolicy = {
  requestEvents: { revenuecat: 1, log_event: 3 },
  requestBytes: 700,
  lingerMs: 5,
  claimCount: { revenuecat: 4, log_event: 4 },
  claimBytes: 10_000,
  claimMaxAgeMs: 20_000,
  leasedRetryMs: 250,
  backoff: { baseMs: 100, capMs: 1_000 },
  maxRetryAfterMs: 5_000,
  maxFailuresAmongSuccesses: 1_000,
  onAmbiguous: 'retry',
  probeEvents: 2,
  probeBytes: 10_000,
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

const leaseMs = 60_000;

/** The policy of simulated processes, with low limits for failures and rejections. */
const modelPolicy: DispatchPolicy = {
  ...policy,
  maxFailuresAmongSuccesses: 3,
  gate: { ...policy.gate, maxRejections: 3 },
};

/** How Statsig handles the next requests. */
export type Fault =
  | 'none'
  | 'unavailable'
  | 'accept_and_lose_response'
  | 'lose_request'
  | 'unauthorized'
  | 'sandbox_unauthorized'
  | 'reject';

/** How Statsig handles an event that it never accepts. */
export type Poison = 'reject' | 'unavailable' | 'unauthorized';

export interface SimulationOptions {
  format: 'revenuecat' | 'log_event';
  onAmbiguous: DispatchPolicy['onAmbiguous'];
}

const partitionCount = 3;
const processCount = 2;
/** Several events that fail alone need many steps, one event after another: 20,000 are not always enough. */
const maxSteps = 100_000;
/** A failure takes longer than an acceptance, so that other requests are accepted meanwhile. */
const failureSteps = 8;

/**
 * An in-memory simulation of partitions, the ledger, Statsig, and dispatchers that share the partitions. Time advances only on
 * request. It behaves like the real I/O, one observable step at a time, and throws as soon as a guarantee is broken.
 */
export class Simulation {
  /** All records, in the order in which they were produced. */
  readonly log: LogRecord[] = [];
  /** Ids, in the order of the requests. */
  readonly accepted: string[] = [];
  readonly deadLetters = new Set<string>();
  /** Ids that are allowed to have been accepted twice. */
  readonly excused = new Set<string>();
  readonly poison = new Map<string, Poison>();
  readonly ledger: InMemoryLedger;
  fault: Fault = 'none';
  /** Number of next requests that the rate limit postpones. */
  postponements = 0;
  isServed = true;
  /** Whether the integration has a server secret for sandbox events. */
  hasSandboxSecret = true;
  /** Number of records that are fetched from a partition together. */
  fetchedRecords = 4;
  private nowMs = 1_000_000;
  private readonly partitions: LogRecord[][] = Array.from({ length: partitionCount }, () => []);
  private readonly committed = this.partitions.map(() => 0);
  private readonly processes: SimulatedProcess[];
  private started = 0;
  private readonly acceptedIds = new Set<string>();
  private acceptedRequests = 0;
  /** Ids that Statsig rejected in a request with one event. */
  private readonly rejected = new Set<string>();
  /** Ids of which Statsig rejected a request because of the sandbox secret that it was sent with. */
  private readonly sandboxSecretRejected = new Set<string>();
  /** By id, the number of failed requests, and the number of requests accepted before the first failure. */
  private readonly failures = new Map<string, { count: number; acceptedBefore: number }>();

  constructor(readonly options: SimulationOptions) {
    this.ledger = new InMemoryLedger({ leaseMs, onAmbiguous: options.onAmbiguous });
    this.processes = Array.from({ length: processCount }, () => this.startProcess());
    for (const partition of this.partitions.keys()) this.processAt(partition).assign(partition, 0);
  }

  produce(record: LogRecord): void {
    this.log.push(record);
    this.recordsOf(partitionOf(record.orderKey)).push(record);
  }

  recordsOf(partition: number): LogRecord[] {
    return this.partitions[partition] ?? [];
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** Runs one step of one task of one process, selected by `choice`. */
  step(choice: number): void {
    const process = this.processAt(choice);
    process.poll(choice);
    process.step(Math.floor(choice / processCount));
  }

  /** kill -9. Events that were accepted and not yet marked may be accepted again. */
  crash(choice: number): void {
    const crashed = this.processAt(choice);
    if (this.options.onAmbiguous === 'retry') for (const id of crashed.acceptedUnmarked) this.excused.add(id);
    const next = this.startProcess();
    this.processes[this.processes.indexOf(crashed)] = next;
    for (const partition of crashed.partitions) next.assign(partition, this.committed[partition] ?? 0);
  }

  /** Moves a partition to another process. The former owner completes its requests in flight meanwhile. */
  rebalance(choice: number): void {
    const partition = choice % partitionCount;
    const owner = this.processes.findIndex(({ partitions }) => partitions.includes(partition));
    this.processAt(owner).revoke(partition);
    this.processAt(owner + 1).assign(partition, this.committed[partition] ?? 0);
  }

  /** The memory of a process is full, and its events make no progress. */
  stall(choice: number): void {
    this.processAt(choice).leaveBackingOff();
  }

  /** An operator pauses the integration or resumes it, or it is removed, added or changed. */
  serve(isServed: boolean): void {
    this.isServed = isServed;
    for (const process of this.processes) process.serve(isServed);
  }

  /** An operator adds the server secret for sandbox events, or removes it. */
  setSandboxSecret(hasSandboxSecret: boolean): void {
    this.hasSandboxSecret = hasSandboxSecret;
    this.serve(this.isServed);
  }

  /**
   * Ends all faults and runs until every record is handled and committed. Returns whether that succeeded.
   *
   * Events of other customers are produced until then, so that an event that fails alone is detected. The integration is changed
   * periodically, since only rejected events may be left, for which it is suspended.
   */
  completeAll(): boolean {
    this.fault = 'none';
    this.postponements = 0;
    this.fetchedRecords = 1_000;
    const produced = this.partitions.map(({ length }) => length);
    for (let i = 0; i < maxSteps; i++) {
      if (i % 200 === 0) this.serve(true);
      for (const process of this.processes) {
        process.poll(i);
        process.step((i * 7_919) % 1_009);
      }
      if (this.processes.some(({ hasTasks }) => hasTasks)) continue;
      const isCommitted = this.committed.every(
        (offset, partition) => offset === this.recordsOf(partition).length,
      );
      // A former owner may have committed events that the current owner has not yet found delivered.
      if (isCommitted && this.processes.every(({ held }) => held === 0)) return true;
      const isIncomplete = this.committed.some((offset, partition) => offset < (produced[partition] ?? 0));
      if (isIncomplete && this.poison.size > 0)
        for (let n = 0; n < 8 * partitionCount; n++)
          this.produce({
            eventId: `later-${i}-${n}`,
            orderKey: `later-${i}-${n}`,
            ...(n % 2 === 1 && { isSandbox: true }),
          });
      this.pass(1_000);
    }
    return false;
  }

  now(): number {
    return this.nowMs;
  }

  claim(eventId: string, token: string): ClaimResult {
    const before = this.ledger.stateOf(eventId);
    const result = this.ledger.claim(eventId, { token }, this.nowMs);
    // A process is still sending, although its lease has expired.
    const isOvertaken =
      result === 'claimed' &&
      before.kind === 'leased' &&
      this.processes.some((process) => process.token === before.token && process.mayBeDelivering(eventId));
    if (isOvertaken) this.excused.add(eventId);
    return result;
  }

  /** Commits an offset. A former owner never moves the offset back. */
  commit(partition: number, offset: number): void {
    for (const { eventId } of this.recordsOf(partition).slice(this.committed[partition], offset))
      if (!this.acceptedIds.has(eventId) && !this.deadLetters.has(eventId))
        throw new Error(`${partition}:${offset} was committed past ${eventId}, which is not handled`);
    this.committed[partition] = Math.max(this.committed[partition] ?? 0, offset);
  }

  /** Statsig handles a request. Returns the outcome that the sender sees. */
  post({ events, isIndependent }: DeliveryRequest<PendingEvent>): Verdict {
    const ids = events.map(({ eventId }) => eventId);
    const verdict = this.respondTo(ids, isIndependent);
    if (verdict.kind === 'suspend' && isIndependent) for (const id of ids) this.sandboxSecretRejected.add(id);
    if (verdict.kind === 'reject' && ids.length === 1) for (const id of ids) this.rejected.add(id);
    if (verdict.kind === 'retry' || verdict.kind === 'suspend')
      for (const id of ids) {
        const { count, acceptedBefore } = this.failures.get(id) ?? {
          count: 0,
          acceptedBefore: this.acceptedRequests,
        };
        this.failures.set(id, { count: count + 1, acceptedBefore });
      }
    return verdict;
  }

  /** Checks that a dead letter is justified by its own failures. */
  deadLetter(effect: Extract<Effect<PendingEvent>, { kind: 'dead_letter' }>): void {
    const { event, request, reason, isAmbiguous } = effect;
    const { eventId } = event;
    const { count = 0, acceptedBefore = 0 } = this.failures.get(eventId) ?? {};
    const accepted = this.acceptedRequests - acceptedBefore;
    const { maxFailuresAmongSuccesses } = modelPolicy;
    const isRejectedSecret =
      reason === 'sandbox_secret_rejected' &&
      request?.isIndependent === true &&
      this.sandboxSecretRejected.has(eventId);
    const isCause = count >= maxFailuresAmongSuccesses && accepted > 0;
    const isJustified =
      isAmbiguous && this.options.onAmbiguous === 'dead_letter'
        ? reason === 'owner_vanished' || count > 0
        : isCause || isRejectedSecret || (reason === 'statsig_400' && this.rejected.has(eventId));
    if (!isJustified) throw new Error(`${eventId} was dead-lettered (${reason}) without justification`);
    this.deadLetters.add(eventId);
  }

  private respondTo(ids: readonly string[], isIndependent: boolean): Verdict {
    const unavailable = { kind: 'retry', reason: 'statsig_503', detail: '', ambiguous: false } as const;
    const unauthorized = { kind: 'suspend', reason: 'statsig_401', detail: '' } as const;
    const rejected = { kind: 'reject', reason: 'statsig_400', detail: '' } as const;
    const poison = ids.map((id) => this.poison.get(id));
    if (this.fault === (isIndependent ? 'sandbox_unauthorized' : 'unauthorized')) return unauthorized;
    switch (this.fault) {
      case 'unavailable':
        return unavailable;
      case 'lose_request':
        return { ...unavailable, ambiguous: true };
      case 'reject':
        return rejected;
      case 'accept_and_lose_response':
        if (poison.every((kind) => kind === undefined)) {
          this.acceptAll(ids);
          if (this.options.onAmbiguous === 'retry') for (const id of ids) this.excused.add(id);
        }
        return { ...unavailable, ambiguous: true };
      case 'unauthorized':
      case 'sandbox_unauthorized':
      case 'none':
        if (poison.includes('unauthorized')) return unauthorized;
        if (poison.includes('unavailable')) return unavailable;
        if (poison.includes('reject')) return rejected;
        this.acceptAll(ids);
        return { kind: 'accepted' };
    }
  }

  private acceptAll(ids: readonly string[]): void {
    this.accepted.push(...ids);
    for (const id of ids) this.acceptedIds.add(id);
    this.acceptedRequests += 1;
  }

  private processAt(choice: number): SimulatedProcess {
    const process = this.processes[choice % processCount];
    if (process === undefined) throw new Error('no process is running');
    return process;
  }

  private startProcess(): SimulatedProcess {
    this.started += 1;
    return new SimulatedProcess(this, `process-${this.started}`);
  }
}

function partitionOf(orderKey: string): number {
  return (orderKey.codePointAt(orderKey.length - 1) ?? 0) % partitionCount;
}

/** A partition that a process owns, or owned when it started requests that are still in flight. */
interface Assignment {
  partition: number;
  offsets: OffsetTracker;
  held: Set<LoggedEvent>;
}

interface LoggedEvent extends PendingEvent {
  offset: number;
  assignment: Assignment;
}

/** A sequence of steps. The process may crash between any two of them. */
interface Task {
  steps: (() => void)[];
}

class SimulatedProcess {
  readonly acceptedUnmarked = new Set<string>();
  private readonly core: DispatchCore<LoggedEvent>;
  private readonly tasks: Task[] = [];
  private readonly assignments = new Map<number, Assignment>();
  /** Assignments of revoked partitions that still hold events. */
  private readonly revoked = new Set<Assignment>();
  private readonly sending = new Set<string>();
  private isConsuming = true;
  /** Number of events dead-lettered because Statsig rejected them, since one was last accepted. */
  private rejectedInRow = 0;

  constructor(
    private readonly simulation: Simulation,
    readonly token: string,
  ) {
    const { onAmbiguous } = simulation.options;
    this.core = new DispatchCore<LoggedEvent>({ ...modelPolicy, onAmbiguous }, () => 0.5);
    if (!simulation.isServed) this.core.stop(simulation.now());
  }

  get partitions(): number[] {
    return [...this.assignments.keys()];
  }

  get hasTasks(): boolean {
    return this.tasks.length > 0;
  }

  /** Events that are neither acked nor left. */
  get held(): number {
    return [...this.assignments.values(), ...this.revoked].reduce((sum, { held }) => sum + held.size, 0);
  }

  /** Whether Statsig may have received the event from this process, or may yet receive it. */
  mayBeDelivering(eventId: string): boolean {
    return this.sending.has(eventId) || this.acceptedUnmarked.has(eventId);
  }

  assign(partition: number, committed: number): void {
    const offsets = new OffsetTracker(committed);
    this.assignments.set(partition, { partition, offsets, held: new Set() });
  }

  revoke(partition: number): void {
    const assignment = this.assignments.get(partition);
    if (assignment === undefined) return;
    this.assignments.delete(partition);
    this.revoked.add(assignment);
    for (const { progress } of assignment.held) progress.isRevoked = true;
    this.core.leaveRevoked(this.simulation.now());
    this.pump();
  }

  /** Reads records of a partition until the consumer is paused, which happens slightly after the core has decided so. */
  poll(choice: number): void {
    const assignment = [...this.assignments.values()][choice % Math.max(1, this.assignments.size)];
    const events = this.isConsuming && assignment !== undefined ? this.read(assignment) : [];
    if (events.length === 0) {
      this.pump();
      return;
    }
    this.core.accept(events, this.simulation.now());
    // The effects are performed in a later turn.
    this.task(() => undefined);
  }

  serve(isServed: boolean): void {
    this.rejectedInRow = 0;
    if (isServed) this.core.serve();
    else this.core.stop(this.simulation.now());
    this.pump();
  }

  leaveBackingOff(): void {
    this.core.leaveBackingOff(this.simulation.now());
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

  private read(assignment: Assignment): LoggedEvent[] {
    const { partition, offsets, held } = assignment;
    const { format } = this.simulation.options;
    const from = offsets.next;
    const records = this.simulation.recordsOf(partition).slice(from, from + this.simulation.fetchedRecords);
    return records.flatMap((record, i): LoggedEvent[] => {
      const offset = from + i;
      if (!offsets.begin(offset)) return [];
      const progress = newProgress();
      const event = { ...record, projectId: 'p', format, bytes: 300, progress, offset, assignment };
      held.add(event);
      return [event];
    });
  }

  private pump(): void {
    this.core.useSandboxSecret(this.simulation.hasSandboxSecret, this.simulation.now());
    for (let effects = this.core.next(this.simulation.now()); effects.length > 0;) {
      for (const effect of effects) this.begin(effect);
      effects = this.core.next(this.simulation.now());
    }
    if (this.core.wantsLeft) {
      for (const { offsets } of this.assignments.values()) offsets.rewind();
      this.core.rereading();
    }
    this.isConsuming = this.core.wantsEvents;
  }

  private begin(effect: Effect<LoggedEvent>): void {
    const { simulation, core, token } = this;
    const { ledger } = simulation;
    switch (effect.kind) {
      case 'claim': {
        const { events } = effect;
        let results: ClaimResult[] = [];
        this.task(
          () => (results = events.map(({ eventId }) => simulation.claim(eventId, token))),
          () => {
            core.claimResults(events, results, simulation.now());
          },
        );
        return;
      }
      case 'send':
        this.send(effect.request);
        return;
      case 'mark_delivered': {
        const { events } = effect;
        this.rejectedInRow = 0;
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
        const { event, isAmbiguous, reason } = effect;
        if (reason === 'statsig_400' && effect.request?.isIndependent !== true) this.rejectedInRow += 1;
        if (this.rejectedInRow > modelPolicy.gate.maxRejections)
          throw new Error(`${this.rejectedInRow} events in a row were dead-lettered, and none was accepted`);
        this.task(
          () => {
            simulation.deadLetter(effect);
          },
          () => {
            if (isAmbiguous) ledger.markMaybeDelivered(event.eventId, { token }, simulation.now());
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
        // Redis receives commands in order, so a later claim never overtakes a release.
        for (const { eventId } of effect.events) ledger.release(eventId, { token });
        return;
      case 'leave':
        for (const event of effect.events) {
          event.assignment.offsets.leave(event.offset);
          this.forget(event);
        }
        return;
      case 'retrying':
      case 'suspended':
        return;
    }
  }

  private ack(event: LoggedEvent): void {
    const { assignment, offset } = event;
    const { partition, offsets } = assignment;
    offsets.finish(offset);
    this.forget(event);
    this.task(() => {
      this.simulation.commit(partition, offsets.committable);
    });
  }

  private forget(event: LoggedEvent): void {
    const { assignment } = event;
    assignment.held.delete(event);
    if (assignment.held.size === 0) this.revoked.delete(assignment);
  }

  private send(request: DeliveryRequest<LoggedEvent>): void {
    const { simulation, core } = this;
    const ids = request.events.map(({ eventId }) => eventId);
    for (const { eventId, isSandbox = false } of request.events)
      if (request.isIndependent !== (isSandbox && simulation.hasSandboxSecret))
        throw new Error(`${eventId} is sent with the wrong secret`);
    if (simulation.postponements > 0) {
      simulation.postponements -= 1;
      this.task(() => {
        core.postponed(request, simulation.now(), 300);
      });
      return;
    }
    const respond = (verdict: Verdict): void => {
      for (const id of ids) this.sending.delete(id);
      core.responded(request, verdict, simulation.now());
    };
    let isSent = false;
    this.task(
      () => {
        isSent = core.confirm(request, simulation.now());
        if (isSent) for (const id of ids) this.sending.add(id);
      },
      () => {
        if (!isSent) return;
        const verdict = simulation.post(request);
        if (verdict.kind === 'accepted') for (const id of ids) this.acceptedUnmarked.add(id);
        const steps = verdict.kind === 'accepted' ? 0 : failureSteps;
        this.task(...Array.from({ length: steps }, () => () => undefined), () => {
          respond(verdict);
        });
      },
    );
  }

  private task(...steps: (() => void)[]): void {
    this.tasks.push({ steps });
  }
}
