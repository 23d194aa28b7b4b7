import { setTimeout as delay } from 'node:timers/promises';
import { type DeliveryRequest, type RedisLedger } from '@app/delivery';
import { type Logger } from '@app/platform';
import { idsOf } from './delivery-log';
import * as metrics from './dispatcher.metrics';
import { type PendingDelivery } from './pending-delivery';

/** An event that Statsig has accepted, with its request. */
export interface AcceptedDelivery {
  event: PendingDelivery;
  request: DeliveryRequest<PendingDelivery>;
}

const retryMs = 500;
/** Maximum number of events that are marked together. */
const maxTogether = 1_000;

/**
 * Marks accepted events as delivered in the ledger. Events that are accepted in the meantime are marked together in the
 * next call.
 */
export class DeliveryRecorder {
  private readonly queue: AcceptedDelivery[] = [];
  private isMarking = false;
  private unmarkedCount = 0;

  constructor(
    private readonly projectId: string,
    private readonly ledger: Pick<RedisLedger, 'markDelivered'>,
    private readonly onMarked: (accepted: readonly AcceptedDelivery[]) => void,
    private readonly logger: Logger,
  ) {}

  record(accepted: readonly AcceptedDelivery[]): void {
    this.unmarkedCount += accepted.length;
    this.enqueue(accepted);
  }

  /** Number of accepted events that are not marked yet. */
  get unrecorded(): number {
    return this.unmarkedCount;
  }

  private enqueue(accepted: readonly AcceptedDelivery[]): void {
    this.queue.push(...accepted);
    if (!this.isMarking) void this.markAll();
  }

  private async markAll(): Promise<void> {
    this.isMarking = true;
    while (this.queue.length > 0) await this.mark(this.queue.splice(0, maxTogether));
    this.isMarking = false;
  }

  private async mark(accepted: readonly AcceptedDelivery[]): Promise<void> {
    const results = await this.ledger.markDelivered(accepted.map(({ event }) => event));
    const takenOver = results.filter((result) => result === 'taken_over').length;
    metrics.possibleRepeats.inc({ project: this.projectId, cause: 'lease_taken_over' }, takenOver);
    const marked = accepted.filter((_, i) => !(results[i] instanceof Error));
    this.unmarkedCount -= marked.length;
    if (marked.length > 0) this.onMarked(marked);
    const failure = results.find((result) => result instanceof Error);
    // The other events do not wait for those that failed.
    if (failure !== undefined)
      void this.markLater(
        accepted.filter((_, i) => results[i] instanceof Error),
        failure,
      );
  }

  private async markLater(unmarked: readonly AcceptedDelivery[], error: Error): Promise<void> {
    const { projectId } = this;
    this.logger.warn(
      { err: error, projectId, ...idsOf(unmarked.map(({ event }) => event)) },
      'failed to mark deliveries; retrying',
    );
    await delay(retryMs);
    this.enqueue(unmarked);
  }
}
