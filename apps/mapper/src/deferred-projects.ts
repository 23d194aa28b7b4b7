import { type IntegrationRegistry } from '@app/integrations';
import {
  type KafkaUnavailableError,
  NoLeaderError,
  PermissionDeniedError,
  type ProducedRecord,
  type RecordProducer,
  RecordsRejectedError,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type IntegrationLookup } from './integration-lookup';

export interface DeferredProjectsPorts {
  lookup: Pick<IntegrationLookup, 'defer' | 'resume'>;
  integrations: Pick<IntegrationRegistry, 'find'>;
  producer: Pick<RecordProducer, 'send'>;
  logger: Logger;
}

const firstWaitMs = 1_000;
const maxWaitMs = 60_000;

/** The first delivery that was not written, by partition of the project's topic. */
type FirstDeliveries = Map<number | undefined, ProducedRecord>;

export interface UnwrittenDeliveries {
  deliveries: readonly ProducedRecord[];
  error: KafkaUnavailableError;
}

interface ProjectFailure {
  /** Value of {@link DeferredProjects.writes} before the first failed write. */
  sinceWrites: number;
  /** How long the next probe waits. */
  waitMs: number;
  /** Set while the project is deferred. */
  unwritten?: FirstDeliveries;
  timer?: NodeJS.Timeout;
}

/**
 * Defers projects whose deliveries cannot be written while Kafka accepts other records. Their events wait, and those of other
 * projects continue.
 *
 * A project is resumed when the first delivery of every failed partition has been written. These probes run alongside the batches,
 * so that no other project waits for them. Each failed probe doubles the wait before the next, until a batch of the project is
 * written. A delivery that a probe has written is written again with its batch, and recognized as a duplicate.
 */
export class DeferredProjects {
  private readonly failing = new Map<string, ProjectFailure>();
  private writeCount = 0;
  private isClosed = false;

  constructor(private readonly ports: DeferredProjectsPorts) {}

  /** Number of successful writes, of all projects. */
  get writes(): number {
    return this.writeCount;
  }

  /** @param projectId undefined: records that belong to no project */
  written(projectId: string | undefined): void {
    this.writeCount += 1;
    const failing = projectId === undefined ? undefined : this.failing.get(projectId);
    if (projectId === undefined || failing === undefined) return;
    failing.waitMs = firstWaitMs;
    if (failing.unwritten === undefined) this.failing.delete(projectId);
  }

  /**
   * Deliveries of the project could not be written. Returns false, and does not defer the project, if Kafka as a whole may be
   * unavailable: nothing else was written since the project began to fail, and Kafka did not report a problem of the topic.
   *
   * @param writesBefore {@link writes} before the attempt
   */
  defer(projectId: string, writesBefore: number, { deliveries, error }: UnwrittenDeliveries): boolean {
    const failing = this.failing.get(projectId) ?? { sinceWrites: writesBefore, waitMs: firstWaitMs };
    this.failing.set(projectId, failing);
    if (failing.unwritten === undefined) {
      const { cause } = error;
      const isReported = cause instanceof PermissionDeniedError || cause instanceof NoLeaderError;
      if (this.writeCount <= failing.sinceWrites && !isReported) return false;
      failing.unwritten = new Map();
      this.ports.lookup.defer(projectId, 'Kafka does not accept deliveries of the project.');
      this.ports.logger.error(
        { projectId },
        'failed to write deliveries; events of the project wait in Kafka',
      );
      this.probeLater(projectId, failing, failing.unwritten);
    }
    for (const delivery of deliveries)
      if (!failing.unwritten.has(delivery.partition)) failing.unwritten.set(delivery.partition, delivery);
    return true;
  }

  close(): void {
    this.isClosed = true;
    for (const { timer } of this.failing.values()) clearTimeout(timer);
  }

  private probeLater(projectId: string, failing: ProjectFailure, unwritten: FirstDeliveries): void {
    const { waitMs } = failing;
    failing.waitMs = Math.min(maxWaitMs, waitMs * 2);
    failing.timer = setTimeout(() => void this.probe(projectId, failing, unwritten), waitMs).unref();
  }

  private async probe(projectId: string, failing: ProjectFailure, unwritten: FirstDeliveries): Promise<void> {
    const { lookup, integrations, logger } = this.ports;
    const { kind } = integrations.find(projectId);
    if (kind === 'ready') await this.writeFirst(projectId, unwritten);
    if (this.isClosed) return;
    // Without an integration, nothing is written to the topic of the project.
    const canContinue = kind === 'absent' || (kind === 'ready' && unwritten.size === 0);
    if (!canContinue) {
      this.probeLater(projectId, failing, unwritten);
      return;
    }
    delete failing.unwritten;
    logger.info({ projectId }, 'project resumed; its events continue');
    lookup.resume(projectId);
  }

  /** Writes the first deliveries, and removes those that were written from the map. */
  private async writeFirst(projectId: string, unwritten: FirstDeliveries): Promise<void> {
    const { producer, logger } = this.ports;
    await Promise.all(
      [...unwritten].map(async ([partition, delivery]) => {
        try {
          await producer.send([delivery]);
        } catch (error) {
          // The size of one record is not a reason to defer the others.
          if (!(error instanceof RecordsRejectedError)) {
            logger.debug({ err: error, projectId, partition }, 'failed to write a probe');
            return;
          }
        }
        unwritten.delete(partition);
      }),
    );
  }
}
