import { setTimeout as delay } from 'node:timers/promises';
import { isRedisUnavailable, type Logger, LogThrottle } from '@app/platform';

/**
 * Repeats a task until it is stopped. A failure is logged at most once a minute, unless Redis is unavailable, which is logged
 * elsewhere.
 */
export class NotificationTimer {
  private readonly stopped = new AbortController();
  private readonly throttle = new LogThrottle(() => performance.now());
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly task: (signal: AbortSignal) => Promise<void>,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run(this.stopped.signal);
  }

  /** Resolves when the task that runs has ended. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.task(signal);
      } catch (error) {
        const isNew = !isRedisUnavailable(error) && this.throttle.count('failed') !== undefined;
        if (isNew) this.logger.error({ err: error }, 'failed to process notifications; retrying');
      }
      await delay(this.intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
