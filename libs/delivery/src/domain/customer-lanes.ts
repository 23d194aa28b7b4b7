import { type Parcel } from './parcel';

interface Lane<P> {
  key: string;
  queue: P[];
  /** Parcels taken and neither finished nor put back. */
  out: P[];
  notBeforeMs: number;
}

/**
 * A queue for each customer. What is taken from a lane closes it until all of it is finished or put back, so no event
 * overtakes an earlier one of the same customer; lanes are independent of each other.
 */
export class CustomerLanes<P extends Parcel> {
  private readonly lanes = new Map<string, Lane<P>>();
  private ready: Lane<P>[] = [];
  private readonly resting = new Set<Lane<P>>();
  /** Never later than the end of the earliest rest. */
  private nextWakeMs = Infinity;
  private queued = 0;

  /** Parcels that wait in lanes. */
  get size(): number {
    return this.queued;
  }

  /** What would be taken first. */
  get next(): P | undefined {
    return this.ready[0]?.queue[0];
  }

  push(parcel: P): void {
    const lane = this.laneOf(parcel);
    lane.queue.push(parcel);
    this.queued += 1;
    if (lane.queue.length === 1) this.offer(lane);
  }

  /**
   * Takes from ready lanes, of each as many in order as `perLane` says for its head, until `count` or `bytes` would be
   * exceeded.
   * A lane gives no parcel that `mayTake` refuses, and none behind it.
   */
  take(
    limits: { count: number; bytes: number; perLane: (head: P) => number },
    mayTake: (parcel: P) => boolean = () => true,
  ): P[] {
    const taken: P[] = [];
    let bytes = 0;
    const refused: Lane<P>[] = [];
    let visited = 0;
    for (const lane of this.ready) {
      if (taken.length >= limits.count || bytes >= limits.bytes) break;
      visited += 1;
      const [head] = lane.queue;
      const perLane = head === undefined ? 0 : limits.perLane(head);
      let n = 0;
      for (const parcel of lane.queue) {
        const isFull = taken.length > 0 && bytes + parcel.bytes > limits.bytes;
        if (n >= perLane || taken.length >= limits.count || isFull || !mayTake(parcel)) break;
        taken.push(parcel);
        bytes += parcel.bytes;
        n += 1;
      }
      lane.out.push(...lane.queue.splice(0, n));
      this.queued -= n;
      if (n === 0) refused.push(lane);
    }
    this.ready.splice(0, visited, ...refused);
    return taken;
  }

  /** The parcel is done with; its customer's next may go. */
  finish(parcel: P): void {
    const lane = this.laneOf(parcel);
    takeFrom(lane.out, parcel);
    this.offer(lane);
  }

  /** Taken parcels return to the head of their lanes, in the order given, and rest until `notBeforeMs`. */
  putBack(parcels: readonly P[], notBeforeMs: number): void {
    for (const [key, returned] of Map.groupBy(parcels, ({ customerKey }) => customerKey)) {
      const lane = this.lane(key);
      lane.queue.unshift(...returned);
      for (const parcel of returned) takeFrom(lane.out, parcel);
      lane.notBeforeMs = Math.max(lane.notBeforeMs, notBeforeMs);
      this.queued += returned.length;
      this.offer(lane);
    }
  }

  /** Lanes whose rest is over are ready again. */
  wake(nowMs: number): void {
    if (nowMs < this.nextWakeMs) return;
    this.nextWakeMs = Infinity;
    for (const lane of this.resting) {
      if (lane.notBeforeMs <= nowMs) {
        this.resting.delete(lane);
        lane.notBeforeMs = 0;
        this.ready.push(lane);
      } else {
        this.nextWakeMs = Math.min(this.nextWakeMs, lane.notBeforeMs);
      }
    }
  }

  /** When to look for rested lanes again; Infinity where none rests. */
  get wakeAtMs(): number {
    return this.nextWakeMs;
  }

  /** All rests are over: what kept the lanes waiting has changed. */
  wakeAll(): void {
    for (const lane of this.resting) lane.notBeforeMs = 0;
    this.nextWakeMs = 0;
    this.wake(0);
  }

  /** Removes waiting parcels, wherever they stand in their lanes, but none behind one that is out and `mayComeBack`. */
  remove(isUnwanted: (parcel: P) => boolean, mayComeBack: (parcel: P) => boolean = () => false): P[] {
    const removed: P[] = [];
    for (const lane of this.lanes.values()) {
      if (lane.out.some(mayComeBack)) continue;
      const unwanted = lane.queue.filter(isUnwanted);
      if (unwanted.length === 0) continue;
      removed.push(...unwanted);
      lane.queue = lane.queue.filter((parcel) => !isUnwanted(parcel));
      if (lane.queue.length === 0) {
        this.resting.delete(lane);
        this.forgetIfIdle(lane);
      }
    }
    if (removed.length > 0) this.ready = this.ready.filter(({ queue }) => queue.length > 0);
    this.queued -= removed.length;
    return removed;
  }

  private offer(lane: Lane<P>): void {
    if (lane.out.length > 0) return;
    if (lane.queue.length === 0) this.forgetIfIdle(lane);
    else if (lane.notBeforeMs > 0) {
      this.resting.add(lane);
      this.nextWakeMs = Math.min(this.nextWakeMs, lane.notBeforeMs);
    } else {
      this.ready.push(lane);
    }
  }

  private forgetIfIdle(lane: Lane<P>): void {
    if (lane.out.length === 0 && lane.queue.length === 0) this.lanes.delete(lane.key);
  }

  private laneOf({ customerKey }: P): Lane<P> {
    return this.lane(customerKey);
  }

  private lane(key: string): Lane<P> {
    const existing = this.lanes.get(key);
    if (existing !== undefined) return existing;
    const lane: Lane<P> = { key, queue: [], out: [], notBeforeMs: 0 };
    this.lanes.set(key, lane);
    return lane;
  }
}

function takeFrom<T>(list: T[], one: T): void {
  const at = list.indexOf(one);
  if (at !== -1) list.splice(at, 1);
}
