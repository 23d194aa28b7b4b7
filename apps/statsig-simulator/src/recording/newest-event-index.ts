import { type EventRing } from './event-ring';

/**
 * Index of recorded events by id or user, with constant memory per event: it stores the newest event of each key, and for each
 * event the previous one with the same key.
 */
export class NewestEventIndex {
  readonly #newest = new Map<string, number>();
  readonly #before: (number | undefined)[];

  constructor(
    private readonly ring: EventRing,
    private readonly capacity: number,
  ) {
    this.#before = Array.from({ length: capacity });
  }

  add(key: string | undefined, seq: number): void {
    if (key === undefined) return;
    this.#before[seq % this.capacity] = this.#newest.get(key);
    this.#newest.set(key, seq);
  }

  forget(key: string | undefined, seq: number): void {
    if (key !== undefined && this.#newest.get(key) === seq) this.#newest.delete(key);
  }

  /** Sequence numbers after `since` of the events that have this key, oldest first. */
  after(key: string, since: number): number[] {
    const found: number[] = [];
    let seq = this.#newest.get(key);
    while (seq !== undefined && seq > since && seq >= this.ring.oldestSeq) {
      found.push(seq);
      seq = this.#before[seq % this.capacity];
    }
    return found.reverse();
  }

  clear(): void {
    this.#newest.clear();
  }
}
