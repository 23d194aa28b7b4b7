import { type Logger } from '@app/platform';
import { type IntegrationLatch } from './integration-latch';

const firstHoldMs = 10_000;
const maxHoldMs = 300_000;

interface Failing {
  /** Value of {@link ProjectHolds.writes} before the first failed write. */
  sinceWrites: number;
  /** Duration of the next hold. */
  holdMs: number;
  timer?: NodeJS.Timeout;
}

/**
 * Holds projects whose deliveries cannot be written while Kafka accepts other records: their events wait, and those of other
 * projects continue. A hold is released on a timer; each next one is twice as long, until a write of the project succeeds.
 */
export class ProjectHolds {
  private readonly failing = new Map<string, Failing>();
  private writeCount = 0;

  constructor(
    private readonly latch: Pick<IntegrationLatch, 'hold' | 'release'>,
    private readonly logger: Logger,
  ) {}

  /** Number of successful writes, of all projects. */
  get writes(): number {
    return this.writeCount;
  }

  /** @param projectId undefined: records that belong to no project */
  written(projectId: string | undefined): void {
    this.writeCount += 1;
    const failing = projectId === undefined ? undefined : this.failing.get(projectId);
    if (projectId === undefined || failing === undefined) return;
    failing.holdMs = firstHoldMs;
    if (failing.timer === undefined) this.failing.delete(projectId);
  }

  /**
   * Deliveries of the project could not be written. Returns false, and does not hold the project, if nothing else was written
   * since it began to fail: Kafka as a whole may be unavailable.
   *
   * @param writesBefore {@link writes} before the attempt
   */
  hold(projectId: string, writesBefore: number): boolean {
    const failing = this.failing.get(projectId) ?? { sinceWrites: writesBefore, holdMs: firstHoldMs };
    this.failing.set(projectId, failing);
    if (failing.timer !== undefined) return true;
    if (this.writeCount <= failing.sinceWrites) return false;
    const { holdMs } = failing;
    failing.holdMs = Math.min(maxHoldMs, holdMs * 2);
    failing.timer = setTimeout(() => {
      delete failing.timer;
      this.latch.release(projectId);
    }, holdMs).unref();
    this.latch.hold(projectId, 'Kafka does not accept deliveries of the project.');
    this.logger.error(
      { projectId, holdMs },
      'failed to write deliveries; events of the project wait in Kafka',
    );
    return true;
  }

  close(): void {
    for (const { timer } of this.failing.values()) clearTimeout(timer);
  }
}
