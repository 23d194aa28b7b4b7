import { type PendingEvent } from './pending-event';

interface Queue<E> {
  key: string;
  waiting: E[];
  /** Taken, and neither finished nor put back. */
  taken: E[];
  notBeforeMs: number;
}

/**
 * A queue for each order key. A queue that events were taken from is closed until all of them are finished or put back, so
 * no event overtakes an earlier one of its key. Queues are independent of each other.
 */
export class KeyedQueues<E extends PendingEvent> {
  private readonly queues = new Map<string, Queue<E>>();
  private ready: Queue<E>[] = [];
  private readonly resting = new Set<Queue<E>>();
  /** Never later than the end of the earliest rest. */
  private nextWakeMs = Infinity;
  private waitingCount = 0;

  /** Events that wait. */
  get size(): number {
    return this.waitingCount;
  }

  /** The event that would be taken first. */
  get next(): E | undefined {
    return this.ready[0]?.waiting[0];
  }

  /** When to call {@link wake}; Infinity if no queue rests. */
  get wakeAtMs(): number {
    return this.nextWakeMs;
  }

  /** Whether events of this key wait, or are taken. */
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
   * Takes from ready queues, from each as many in order as `perKey` says for its head, until `count` or `bytes` would be
   * exceeded. A queue gives no event that `mayTake` refuses, and none behind it.
   */
  take(
    limits: { count: number; bytes: number; perKey: (head: E) => number },
    mayTake: (event: E) => boolean = () => true,
  ): E[] {
    const taken: E[] = [];
    let bytes = 0;
    const refused: Queue<E>[] = [];
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
      if (n === 0) refused.push(queue);
    }
    this.ready.splice(0, visited, ...refused);
    return taken;
  }

  /** The event is handled; the next one of its key may go. */
  finish(event: E): void {
    const queue = this.queueOf(event.orderKey);
    removeFrom(queue.taken, event);
    this.offer(queue);
  }

  /** Taken events return to the heads of their queues, in the order given, and rest until `notBeforeMs`. */
  putBack(events: readonly E[], notBeforeMs: number): void {
    if (!Number.isFinite(notBeforeMs)) throw new Error('An event cannot rest for ever.');
    for (const [key, returned] of Map.groupBy(events, ({ orderKey }) => orderKey)) {
      const queue = this.queueOf(key);
      queue.waiting.unshift(...returned);
      for (const event of returned) removeFrom(queue.taken, event);
      queue.notBeforeMs = Math.max(queue.notBeforeMs, notBeforeMs);
      this.waitingCount += returned.length;
      this.offer(queue);
    }
  }

  /** Queues that have rested long enough are ready again. */
  wake(nowMs: number): void {
    if (nowMs < this.nextWakeMs) return;
    this.nextWakeMs = Infinity;
    for (const queue of this.resting) {
      if (queue.notBeforeMs <= nowMs) {
        this.resting.delete(queue);
        queue.notBeforeMs = 0;
        this.ready.push(queue);
      } else {
        this.nextWakeMs = Math.min(this.nextWakeMs, queue.notBeforeMs);
      }
    }
  }

  /** Ends all rests: what they waited for has changed. */
  wakeAll(): void {
    for (const queue of this.resting) queue.notBeforeMs = 0;
    this.nextWakeMs = 0;
    this.wake(0);
  }

  /** Removes waiting events, wherever they stand in their queues. */
  remove(isUnwanted: (event: E) => boolean): E[] {
    return this.removeFromEach((queue) => {
      const removed = queue.waiting.filter(isUnwanted);
      if (removed.length > 0) queue.waiting = queue.waiting.filter((event) => !isUnwanted(event));
      return removed;
    });
  }

  /**
   * Removes waiting events but the first of each of `heads` queues, the ready ones before those that rest. If that one is
   * larger than what is left of `maxBytes`, it is removed as well, unless it is the first of all.
   */
  removeAllButHeads(heads: number, maxBytes: number): E[] {
    const kept = new Set<Queue<E>>();
    let bytes = 0;
    for (const queue of [...this.ready, ...this.resting]) {
      if (kept.size >= heads) break;
      const headBytes = queue.waiting[0]?.bytes ?? 0;
      if (kept.size > 0 && bytes + headBytes > maxBytes) continue;
      kept.add(queue);
      bytes += headBytes;
    }
    return this.removeFromEach((queue) => queue.waiting.splice(kept.has(queue) ? 1 : 0));
  }

  /** Removes the queues that rest, with all their events, and says until when each would have rested. */
  removeResting(): { key: string; notBeforeMs: number; events: E[] }[] {
    const removed = [...this.resting].map(({ key, notBeforeMs, waiting }) => ({
      key,
      notBeforeMs,
      events: waiting,
    }));
    for (const { key, events } of removed) {
      this.queues.delete(key);
      this.waitingCount -= events.length;
    }
    this.resting.clear();
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
      this.resting.delete(queue);
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
      this.resting.add(queue);
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
