import { type Logger } from '@app/platform';
import { type ConsoleConfig } from '../console.config';
import { Erasure } from './erasure';
import { type ReadModel } from './read-model';
import { Retention } from './retention';

const restMs = 5_000;
const betweenStepsMs = 20;

/** Enforces retention and erases forgotten customers while the console runs. */
export class RetentionTimer {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly retention: Retention,
    private readonly erasure: Erasure,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.next(restMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private next(inMs: number): void {
    this.timer = setTimeout(() => {
      this.next(this.hasMore() ? betweenStepsMs : restMs);
    }, inMs);
  }

  private hasMore(): boolean {
    try {
      const hasToErase = this.erasure.step();
      return this.retention.step(Date.now()) || hasToErase;
    } catch (error) {
      this.logger.warn({ err: error }, 'failed to remove rows from the read model; retrying');
      return false;
    }
  }
}

export function createRetentionTimer(
  config: ConsoleConfig,
  model: ReadModel,
  logger: Logger,
): RetentionTimer {
  const retention = new Retention(model, {
    keepMs: config.CONSOLE_RETENTION,
    keepEvents: config.CONSOLE_KEEP_EVENTS,
    keepBytes: config.CONSOLE_KEEP_BYTES,
    keepDeadLettersMs: config.CONSOLE_DEAD_LETTER_RETENTION,
    keepAuditMs: config.CONSOLE_AUDIT_RETENTION,
  });
  return new RetentionTimer(retention, new Erasure(model.db, model.forgotten), logger);
}
