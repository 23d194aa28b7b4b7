/** Counts how often each id was accepted. It covers millions of ids, far more than the events that are held. */
export class AcceptanceCounter {
  readonly #times = new Map<string, number>();
  readonly #repeats = new Map<string, number>();
  #uncounted = 0;

  /** @param maxIds maximum number of distinct ids; events with further ids only increase {@link uncounted} */
  constructor(private readonly maxIds: number) {}

  /** Returns how often this id has been accepted, including this time. */
  count(id: string): number {
    const times = (this.#times.get(id) ?? 0) + 1;
    if (times === 1 && this.#times.size >= this.maxIds) {
      this.#uncounted++;
      return 1;
    }
    this.#times.set(id, times);
    if (times > 1) this.#repeats.set(id, times);
    return times;
  }

  get distinct(): number {
    return this.#times.size;
  }

  /** Ids that were accepted more than once, with their counts. */
  get repeats(): ReadonlyMap<string, number> {
    return this.#repeats;
  }

  /** Events whose id was not counted because there were too many ids. */
  get uncounted(): number {
    return this.#uncounted;
  }

  clear(): void {
    this.#times.clear();
    this.#repeats.clear();
    this.#uncounted = 0;
  }
}
