import { type Logger } from '@app/platform';
import { type KafkaClient } from './connect';
import { type ConsumerSession } from './consumer-session';
import * as metrics from './kafka.metrics';
import { type PartitionPositions } from './partition-positions';
import { type PartitionWorker } from './partition-worker';
import { permissionDenied } from './permission-denied';

export interface OffsetCommitterOptions {
  kafka: Pick<KafkaClient, 'user'>;
  topic: string;
  groupId: string;
  positions: Pick<PartitionPositions, 'committed'>;
  session: () => ConsumerSession | undefined;
  /** Returns the workers of the assigned partitions. */
  assigned: () => readonly PartitionWorker[];
  /** Workers whose partition was revoked. */
  revoked: ReadonlySet<PartitionWorker>;
  /** Called if the group no longer has offsets that were committed. */
  onOffsetsMissing: (session: ConsumerSession) => void;
  logger: Logger;
}

/** Commits the offsets up to which workers have acked their records. */
export class OffsetCommitter {
  private readonly committed = new WeakMap<PartitionWorker, number>();
  private committing: Promise<void> | undefined;
  private failures = 0;

  constructor(private readonly options: OffsetCommitterOptions) {}

  hasCommitted(worker: PartitionWorker): boolean {
    return this.committed.has(worker);
  }

  /**
   * Commits everything acked so far. A commit in progress may cover less, so this waits for it and commits again. Never
   * rejects: uncommitted records are read again.
   */
  async commit(): Promise<void> {
    await this.committing;
    this.committing ??= this.commitNow().finally(() => {
      this.committing = undefined;
    });
    await this.committing;
  }

  private async commitNow(): Promise<void> {
    const { positions, revoked, onOffsetsMissing } = this.options;
    const offsets = [...this.options.assigned(), ...revoked].flatMap((worker) => {
      const offset = worker.offsets.committable;
      return offset === this.committed.get(worker) ? [] : [{ worker, partition: worker.partition, offset }];
    });
    const session = this.options.session();
    if (offsets.length === 0 || session?.hasJoined !== true) return;
    try {
      // Kafka deletes a group's offsets together with the topic. Offsets of the old log would skip records of the new one.
      const found = await positions.committed();
      if (offsets.some(({ worker, partition }) => this.committed.has(worker) && !found.has(partition))) {
        onOffsetsMissing(session);
        return;
      }
      // A revoked partition has another owner by now, whose committed offset may be higher.
      const due = offsets.filter(
        ({ worker, partition, offset }) => !revoked.has(worker) || offset > (found.get(partition) ?? -1),
      );
      if (due.length > 0) await session.commit(due);
      for (const { worker, offset } of offsets) this.committed.set(worker, offset);
      this.failures = 0;
    } catch (error) {
      this.reportFailure(error);
    }
  }

  /** A rebalance fails one attempt, missing permissions fail all of them. */
  private reportFailure(error: unknown): void {
    const { kafka, topic, groupId, logger } = this.options;
    this.failures += 1;
    metrics.commitFailures.inc({ topic });
    if (!Number.isInteger(Math.log2(this.failures))) return;
    const denied = permissionDenied(error, { operation: 'Read', topic, group: groupId }, kafka.user);
    logger[this.failures < 5 ? 'debug' : 'error'](
      { err: denied ?? error, topic, groupId, failures: this.failures },
      'failed to commit offsets',
    );
  }
}
