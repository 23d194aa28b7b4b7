import { type PendingEvent } from './pending-event';

interface Queue<E> {
  key: string;
  waiting: E[];
  /** Events that were taken, and neither finished nor requeued yet. */
  taken: E[];
  notBeforeMs: number;
}

/**
 * A FIFO queue for each order key. After events were taken from a queue, it is blocked until all of them are finished or
 * requeued, so that no event overtakes an earlier one of its key. Queues are independent of each other.
 */
export class KeyedQueues<E extends PendingEvent> {
  private readonly queues = new Map<string, Queue<E>>();
  private ready: Queue<E>[] = [];
  private readonly backingOff = new Set<Queue<E>>();
  /** Never later than the end of the earliest backoff. */
  private nextWakeMs = Infinity;
  private waitingCount = 0;

  /** Number of waiting events. */
  get size(): number {
    return this.waitingCount;
  }

  /** The next event to take. */
  get next(): E | undefined {
    return this.ready[0]?.waiting[0];
  }

  /** When to call {@link wake}; Infinity if no queue is backing off. */
  get wakeAtMs(): number {
    return this.nextWakeMs;
  }

  /** Whether events of this key are waiting or taken. */
  has(orderKey: string): boolean {
    return this.queues.has(orderKey);
  }

  push(event: E): void {
    const queue = this.queueOf(event.orderKey);
    queue.waiting.push(event);
    this.waitingCount += 1;
    if (queue.waiting.length === 1) this.offer(queue);
  }

  /**
   * Takes events from ready queues, up to `perKey(head)` from each in order, until `count` or `bytes` would be exceeded. The
   * first event is taken whatever its size. An event that `mayTake` rejects blocks those behind it.
   */
  take(
    limits: { count: number; bytes: number; perKey: (head: E) => number },
    mayTake: (event: E) => boolean = () => true,
  ): E[] {
    const taken: E[] = [];
    let bytes = 0;
    const rejected: Queue<E>[] = [];
    let visited = 0;
    for (const queue of this.ready) {
      if (taken.length >= limits.count || bytes >= limits.bytes) break;
      visited += 1;
      const [head] = queue.waiting;
      const perKey = head === undefined ? 0 : limits.perKey(head);
      let n = 0;
      for (const event of queue.waiting) {
        const isFull = taken.length > 0 && bytes + event.bytes > limits.bytes;
        if (n >= perKey || taken.length >= limits.count || isFull || !mayTake(event)) break;
        taken.push(event);
        bytes += event.bytes;
        n += 1;
      }
      queue.taken.push(...queue.waiting.splice(0, n));
      this.waitingCount -= n;
      if (n === 0) rejected.push(queue);
    }
    this.ready.splice(0, visited, ...rejected);
    return taken;
  }

  /** Completes a taken event, so that the next one of its key can be taken. */
  finish(event: E): void {
    const queue = this.queueOf(event.orderKey);
    removeFrom(queue.taken, event);
    this.offer(queue);
  }

  /** Returns taken events to the heads of their queues, in the given order. The queues back off until `notBeforeMs`. */
  requeue(events: readonly E[], notBeforeMs: number): void {
    if (!Number.isFinite(notBeforeMs)) throw new Error('notBeforeMs must be finite.');
    for (const [key, returned] of Map.groupBy(events, ({ orderKey }) => orderKey)) {
      const queue = this.queueOf(key);
      queue.waiting.unshift(...returned);
      for (const event of returned) removeFrom(queue.taken, event);
      queue.notBeforeMs = Math.max(queue.notBeforeMs, notBeforeMs);
      this.waitingCount += returned.length;
      this.offer(queue);
    }
  }

  /** Makes queues ready whose backoff has ended. */
  wake(nowMs: number): void {
    if (nowMs < this.nextWakeMs) return;
    this.nextWakeMs = Infinity;
    for (const queue of this.backingOff) {
      if (queue.notBeforeMs <= nowMs) {
        this.backingOff.delete(queue);
        queue.notBeforeMs = 0;
        this.ready.push(queue);
      } else {
        this.nextWakeMs = Math.min(this.nextWakeMs, queue.notBeforeMs);
      }
    }
  }

  /** Ends all backoffs. */
  wakeAll(): void {
    for (const queue of this.backingOff) queue.notBeforeMs = 0;
    this.nextWakeMs = 0;
    this.wake(0);
  }

  /** Removes waiting events from any position in their queues. */
  remove(isUnwanted: (event: E) => boolean): E[] {
    return this.removeFromEach((queue) => {
      const removed = queue.waiting.filter(isUnwanted);
      if (removed.length > 0) queue.waiting = queue.waiting.filter((event) => !isUnwanted(event));
      return removed;
    });
  }

  /**
   * Removes all waiting events except the heads of up to `heads` queues, ready queues first. At most half of these heads are
   * independent events. A head that would exceed `maxBytes` is removed as well, unless it is the first one.
   */
  removeAllButHeads(heads: number, maxBytes: number, isIndependent: (event: E) => boolean): E[] {
    const kept = new Set<Queue<E>>();
    let bytes = 0;
    let independent = 0;
    for (const queue of [...this.ready, ...this.backingOff]) {
      if (kept.size >= heads) break;
      const [head] = queue.waiting;
      const headBytes = head?.bytes ?? 0;
      if (kept.size > 0 && bytes + headBytes > maxBytes) continue;
      if (head !== undefined && isIndependent(head)) {
        if (independent >= Math.floor(heads / 2)) continue;
        independent += 1;
      }
      kept.add(queue);
      bytes += headBytes;
    }
    return this.removeFromEach((queue) => queue.waiting.splice(kept.has(queue) ? 1 : 0));
  }

  /** Removes the queues that are backing off, and returns their events and the end of each backoff. */
  removeBackingOff(): { key: string; notBeforeMs: number; events: E[] }[] {
    const removed = [...this.backingOff].map(({ key, notBeforeMs, waiting }) => ({
      key,
      notBeforeMs,
      events: waiting,
    }));
    for (const { key, events } of removed) {
      this.queues.delete(key);
      this.waitingCount -= events.length;
    }
    this.backingOff.clear();
    this.nextWakeMs = Infinity;
    return removed;
  }

  private removeFromEach(removeFrom: (queue: Queue<E>) => E[]): E[] {
    const all: E[] = [];
    for (const queue of this.queues.values()) {
      const removed = removeFrom(queue);
      if (removed.length === 0) continue;
      all.push(...removed);
      if (queue.waiting.length > 0) continue;
      this.backingOff.delete(queue);
      this.forgetIfIdle(queue);
    }
    if (all.length > 0) this.ready = this.ready.filter(({ waiting }) => waiting.length > 0);
    this.waitingCount -= all.length;
    return all;
  }

  private offer(queue: Queue<E>): void {
    if (queue.taken.length > 0) return;
    if (queue.waiting.length === 0) this.forgetIfIdle(queue);
    else if (queue.notBeforeMs > 0) {
      this.backingOff.add(queue);
      this.nextWakeMs = Math.min(this.nextWakeMs, queue.notBeforeMs);
    } else {
      this.ready.push(queue);
    }
  }

  private forgetIfIdle(queue: Queue<E>): void {
    if (queue.taken.length === 0 && queue.waiting.length === 0) this.queues.delete(queue.key);
  }

  private queueOf(key: string): Queue<E> {
    const existing = this.queues.get(key);
    if (existing !== undefined) return existing;
    const queue: Queue<E> = { key, waiting: [], taken: [], notBeforeMs: 0 };
    this.queues.set(key, queue);
    return queue;
  }
}

function removeFrom<T>(list: T[], one: T): void {
  const at = list.indexOf(one);
  if (at !== -1) list.splice(at, 1);
}
