import { type Logger } from '@app/platform';

/** Something that runs for as long as its key is wanted. */
export interface Runner {
  start: () => Promise<void>;
  close: () => Promise<void>;
}

export interface ReconciledMapOptions<R extends Runner> {
  /** The keys that are wanted now. If it rejects, everything stays as it is. */
  wanted: () => Promise<Iterable<string>>;
  open: (key: string) => R;
  intervalMs: number;
  logger: Logger;
}

/**
 * Runs one object for each key that is wanted, and compares on a timer: a notification that was missed, or a failure,
 * costs no more than an interval. Starting and closing one never waits for another.
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

  /** Compares at once. Calls at the same time share one comparison. */
  reconcile(): Promise<void> {
    this.reconciling ??= this.compare().finally(() => {
      this.reconciling = undefined;
    });
    return this.reconciling;
  }

  /** Closes everything at once. A comparison that has begun changes nothing any more, so it is not waited for. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    for (const key of [...this.running.keys()]) this.end(key);
    await Promise.all(this.closings.values());
  }

  private async compare(): Promise<void> {
    const { logger } = this.options;
    try {
      const wanted = new Set(await this.options.wanted());
      if (this.isClosing) return;
      for (const key of [...this.running.keys()]) if (!wanted.has(key)) this.end(key);
      for (const key of wanted) if (!this.running.has(key) && !this.closings.has(key)) this.begin(key);
    } catch (error) {
      logger.warn({ err: error }, 'failed to find out what has to run; leaving it as it is');
    }
  }

  private begin(key: string): void {
    const runner = this.options.open(key);
    this.running.set(key, runner);
    runner.start().catch((error: unknown) => {
      this.options.logger.error({ err: error, key }, 'failed to start; retrying');
      if (this.running.get(key) === runner) this.end(key);
    });
  }

  private end(key: string): void {
    const runner = this.running.get(key);
    if (runner === undefined) return;
    this.running.delete(key);
    const closing = runner
      .close()
      .catch((error: unknown) => {
        this.options.logger.error({ err: error, key }, 'failed to close');
      })
      .finally(() => {
        this.closings.delete(key);
      });
    this.closings.set(key, closing);
  }
}
