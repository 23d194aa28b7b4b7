import { type Logger } from '@app/platform';
import { type Retention } from './retention';

const restMs = 5_000;
const betweenStepsMs = 20;

/** Keeps the read model within its bounds while the console runs. */
export class RetentionTimer {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly retention: Retention,
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
      return this.retention.step(Date.now());
    } catch (error) {
      this.logger.warn({ err: error }, 'old events could not be removed from the read model; trying again');
      return false;
    }
  }
}
