/** Settings that are in Statsig's console, and can be changed while the simulator runs. */
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

  /** The settings without the keys, one of which may be real. */
  show(): { includeSandbox: boolean; keys: number } {
    return { includeSandbox: this.#includeSandbox, keys: this.#keys.size };
  }
}
