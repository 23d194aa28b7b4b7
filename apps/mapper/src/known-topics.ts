import { type ExistingTopics } from '@app/kafka';
import { type Logger } from '@app/platform';

const refreshIntervalMs = 10_000;

/** Which topics exist, refreshed in the background from the first use on. */
export class KnownTopics {
  private names: ReadonlySet<string> | undefined;
  private refreshing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private listener: (() => void) | undefined;

  constructor(
    private readonly existing: Pick<ExistingTopics, 'list'>,
    private readonly logger: Logger,
  ) {}

  /** Sets the function that is called after each successful refresh. */
  onRefresh(listener: () => void): void {
    this.listener = listener;
  }

  /** Undefined: the topics have not been listed yet. */
  has(topic: string): boolean | undefined {
    if (this.timer === undefined) {
      this.timer = setInterval(() => {
        this.refresh();
      }, refreshIntervalMs).unref();
      this.refresh();
    }
    return this.names?.has(topic);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private refresh(): void {
    this.refreshing ??= this.list().finally(() => {
      this.refreshing = undefined;
    });
  }

  private async list(): Promise<void> {
    try {
      this.names = await this.existing.list();
    } catch (error) {
      this.logger.warn({ err: error }, 'failed to list the topics; retrying');
      return;
    }
    this.listener?.();
  }
}
