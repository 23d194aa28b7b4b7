/** What can be set in Statsig's console, and changed while the simulator runs. */
export class StatsigSettings {
  #keys: ReadonlySet<string>;
  #includeSandbox: boolean;

  constructor(keys: readonly string[], includeSandbox: boolean) {
    this.#keys = new Set(keys);
    this.#includeSandbox = includeSandbox;
  }

  accepts(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }

  get includeSandbox(): boolean {
    return this.#includeSandbox;
  }

  change({
    keys,
    includeSandbox,
  }: {
    keys?: readonly string[] | undefined;
    includeSandbox?: boolean | undefined;
  }): void {
    if (keys !== undefined) this.#keys = new Set(keys);
    if (includeSandbox !== undefined) this.#includeSandbox = includeSandbox;
  }

  /** As it may be shown: somebody may have set a real key. */
  show(): { includeSandbox: boolean; keys: number } {
    return { includeSandbox: this.#includeSandbox, keys: this.#keys.size };
  }
}
