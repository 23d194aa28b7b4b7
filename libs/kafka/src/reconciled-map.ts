import { type Logger } from '@app/platform';

/** An object that runs while its key is wanted. */
export interface Runner {
  start: () => Promise<void>;
  close: () => Promise<void>;
}

export interface ReconciledMapOptions<R extends Runner> {
  /** Returns the currently wanted keys. If it rejects, nothing changes. */
  wanted: () => Promise<Iterable<string>>;
  open: (key: string) => R;
  /** How the log names the keys and the object of one key, and the field with the key. */
  names: { keys: string; object: string; field: string };
  intervalMs: number;
  logger: Logger;
}

/**
 * Runs one object for each wanted key. It reconciles on a timer, so a missed notification or a failure delays a change by at
 * most one interval. Starting or closing an object never waits for another one.
 */
export class ReconciledMap<R extends Runner> {
  private readonly running = new Map<string, R>();
  private readonly closings = new Map<string, Promise<void>>();
  private reconciling: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(private readonly options: ReconciledMapOptions<R>) {}

  get(key: string): R | undefined {
    return this.running.get(key);
  }

  entries(): IterableIterator<[string, R]> {
    return this.running.entries();
  }

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.reconcile(), this.options.intervalMs);
    await this.reconcile();
  }

  /** Reconciles now. Concurrent calls share one run. */
  reconcile(): Promise<void> {
    this.reconciling ??= this.compare().finally(() => {
      this.reconciling = undefined;
    });
    return this.reconciling;
  }

  /** Closes all objects. Does not wait for a reconciliation in progress, which changes nothing from now on. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    for (const key of [...this.running.keys()]) this.end(key);
    await Promise.all(this.closings.values());
  }

  private async compare(): Promise<void> {
    const { logger, names } = this.options;
    try {
      const wanted = new Set(await this.options.wanted());
      if (this.isClosing) return;
      for (const key of [...this.running.keys()]) if (!wanted.has(key)) this.end(key);
      for (const key of wanted) if (!this.running.has(key) && !this.closings.has(key)) this.begin(key);
    } catch (error) {
      logger.warn({ err: error }, `failed to list ${names.keys}; nothing changed`);
    }
  }

  private begin(key: string): void {
    const { logger, names, open } = this.options;
    const runner = open(key);
    this.running.set(key, runner);
    runner.start().catch((error: unknown) => {
      logger.error({ err: error, [names.field]: key }, `failed to start ${names.object}; retrying`);
      if (this.running.get(key) === runner) this.end(key);
    });
  }

  private end(key: string): void {
    const { logger, names } = this.options;
    const runner = this.running.get(key);
    if (runner === undefined) return;
    this.running.delete(key);
    const closing = runner
      .close()
      .catch((error: unknown) => {
        logger.error({ err: error, [names.field]: key }, `failed to close ${names.object}`);
      })
      .finally(() => {
        this.closings.delete(key);
      });
    this.closings.set(key, closing);
  }
}
