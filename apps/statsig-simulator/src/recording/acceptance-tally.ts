/** Counts how often each id was accepted, for far longer than events are held: a repeat after millions is still told. */
export class AcceptanceTally {
  readonly #times = new Map<string, number>();
  readonly #repeats = new Map<string, number>();
  #uncounted = 0;

  /** @param maxIds more distinct ids than this are not told apart, but show in {@link uncounted} */
  constructor(private readonly maxIds: number) {}

  /** Answers how often this id has been accepted by now, this time included. */
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

  /** Ids accepted more than once, with how often. */
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
