import { type ConsumedBatch } from '@app/kafka';

/** Maximum number of records that are applied together. It bounds how long a page has to wait. */
const maxRecords = 250;

interface WaitingBatch extends PromiseWithResolvers<undefined> {
  batch: ConsumedBatch;
}

/**
 * Applies the batches that arrive in the same turn of the event loop together, because a transaction costs more than most
 * records: while events arrive one by one, each partition has a batch of its own.
 */
export class BatchQueue {
  private waiting: WaitingBatch[] = [];

  /** @param applyAll applies all batches, each of another partition, or throws */
  constructor(private readonly applyAll: (batches: readonly ConsumedBatch[]) => void) {}

  /** Resolves when the batch is applied. Its records are acked then. */
  apply(batch: ConsumedBatch): Promise<void> {
    const waiting = { batch, ...Promise.withResolvers<undefined>() };
    if (this.waiting.length === 0) this.applySoon();
    this.waiting.push(waiting);
    return waiting.promise;
  }

  private applySoon(): void {
    setImmediate(() => {
      this.applyNext();
    });
  }

  private applyNext(): void {
    const next = this.take();
    if (this.waiting.length > 0) this.applySoon();
    try {
      this.applyAll(next.map(({ batch }) => batch));
    } catch (error) {
      for (const { reject } of next) reject(error);
      return;
    }
    for (const { batch, resolve } of next) {
      batch.records.forEach(batch.ack);
      resolve(undefined);
    }
  }

  /** Removes the first batches, at least one. */
  private take(): WaitingBatch[] {
    let records = 0;
    const tooMany = this.waiting.findIndex(
      ({ batch }, i) => (records += batch.records.length) > maxRecords && i > 0,
    );
    return this.waiting.splice(0, tooMany === -1 ? this.waiting.length : tooMany);
  }
}
