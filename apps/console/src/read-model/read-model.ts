import {
  type ConsumedBatch,
  type ConsumedRecord,
  headerNames,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { Subject } from 'rxjs';
import { BatchQueue } from './batch-queue';
import { clampMs } from './limits';
import { type Database, isDatabaseUnavailable } from './database';
import { EventRows } from './event-rows';
import { FlowRows } from './flow-rows';
import { ForgottenCustomers } from './forgotten-customers';
import { EventKinds } from './event-kinds';
import { type OutcomeReceipt, statusOf } from './outcome';
import { Positions } from './positions';
import { SkippedRecordStore } from './skipped-records';
import { applyAudit } from './apply-audit';
import { applyDeadLetter, applyRedrive } from './apply-dead-letters';
import { applyDelivery } from './apply-deliveries';
import { applyEvent } from './apply-events';
import { applyReceipt } from './apply-receipts';

export interface ReadModelOptions {
  topics: TopicNames;
  /** Project of events without a project header. */
  defaultProjectId: string;
  logger: Logger;
}

/** Records of one partition, in order. */
type PartitionRecords = Pick<ConsumedBatch, 'topic' | 'partition' | 'records'>;

/**
 * The contents of the topics, as tables. The order in which partitions are read makes no difference to the tables, so a read
 * model that is deleted and rebuilt is the same.
 */
export class ReadModel {
  readonly kinds: EventKinds;
  readonly positions: Positions;
  readonly forgotten: ForgottenCustomers;
  readonly skipped: SkippedRecordStore;
  /** Emits after each commit, with the events that are new or whose status may have changed. */
  readonly changes = new Subject<ReadonlySet<number>>();
  private readonly rows: EventRows;
  private readonly flow: FlowRows;
  private readonly queue = new BatchQueue((batches) => {
    this.applyAll(batches);
  });

  constructor(
    readonly db: Database,
    private readonly options: ReadModelOptions,
  ) {
    this.kinds = new EventKinds(db);
    this.positions = new Positions(db);
    this.forgotten = new ForgottenCustomers(db);
    this.skipped = new SkippedRecordStore(db, options.logger);
    this.rows = new EventRows(db, this.kinds);
    this.flow = new FlowRows(db);
  }

  /** Resolves when the batch is stored. Batches of several partitions may share a transaction. */
  applyBatch(batch: ConsumedBatch): Promise<void> {
    return this.queue.apply(batch);
  }

  /** The same for records of one partition, in a transaction of their own. */
  apply(topic: string, partition: number, records: readonly ConsumedRecord[]): void {
    this.applyAll([{ topic, partition, records }]);
  }

  /**
   * Applies the records of each partition, and stores its new position. Ignores records that were applied before. Counts and
   * skips records that cannot be stored, because they would block all later records. Throws if the database cannot be
   * written at all.
   */
  private applyAll(batches: readonly PartitionRecords[]): void {
    const fresh = batches
      .map(({ topic, partition, records }) => ({
        topic,
        partition,
        records: this.positions.fresh(topic, partition, records),
      }))
      .filter(({ records }) => records.length > 0);
    if (fresh.length === 0) return;
    const changed = new Set<number>();
    try {
      this.store(fresh, changed);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      for (const batch of fresh) this.storeOneByOne(batch, changed);
    }
    if (changed.size > 0) this.changes.next(changed);
  }

  private storeOneByOne({ topic, partition, records }: PartitionRecords, changed: Set<number>): void {
    const skipped: { record: ConsumedRecord; error: unknown }[] = [];
    for (const record of records) {
      try {
        this.store([{ topic, partition, records: [record] }], changed);
      } catch (error) {
        if (isDatabaseUnavailable(error)) throw error;
        this.skip(record, error);
        skipped.push({ record, error });
      }
    }
    this.skipped.report(topic, skipped);
  }

  private skip(record: ConsumedRecord, error: unknown): void {
    const { topic, partition, offset } = record;
    this.db.transaction(() => {
      this.skipped.add(record, error);
      this.positions.write(topic, partition, offset + 1);
    });
    this.positions.committed(topic, partition, offset + 1);
  }

  /** Stores all records or none. */
  private store(batches: readonly PartitionRecords[], changed: Set<number>): void {
    const stored = batches.map(({ topic, partition, records }) => ({
      topic,
      partition,
      next: (records.at(-1)?.offset ?? 0) + 1,
      changed: new Set<number>(),
    }));
    try {
      this.db.transaction(() => {
        batches.forEach(({ topic, records }, i) => {
          this.applyRecords(topic, records, stored[i]?.changed ?? new Set());
        });
        this.flow.write();
        for (const { topic, partition, next } of stored) this.positions.write(topic, partition, next);
      });
    } catch (error) {
      this.kinds.reload();
      this.forgotten.reload();
      this.flow.clear();
      throw error;
    }
    for (const { topic, partition, next, changed: seqs } of stored) {
      this.positions.committed(topic, partition, next);
      for (const seq of seqs) changed.add(seq);
    }
  }

  private applyRecords(topic: string, records: readonly ConsumedRecord[], changed: Set<number>): void {
    const { topics } = this.options;
    const { db, rows, flow, forgotten } = this;
    const ports = { db, rows, flow, forgotten, ...this.options };
    switch (topic) {
      case topics.events:
        for (const record of records) {
          this.flow.add('received', clampMs(record.timestampMs));
          const row = applyEvent(record, ports);
          if (row !== undefined) changed.add(row.seq);
          if (headerNames.redriveOf in record.headers) applyRedrive(record, this.db);
        }
        return;
      case topics.receipts:
        for (const record of records) {
          const row = applyReceipt(record, ports);
          if (row !== undefined) changed.add(row.seq);
        }
        this.refreshStatuses(changed);
        return;
      case topics.eventsDeadLetter:
        for (const record of records) applyDeadLetter(record, 'events', ports);
        return;
      case topics.deliveriesDeadLetter:
        for (const record of records) applyDeadLetter(record, 'deliveries', ports);
        return;
      case topics.audit:
        for (const record of records) applyAudit(record, ports);
        return;
      default:
        if (projectOfDeliveriesTopic(topics, topic) === undefined) return;
        for (const record of records) {
          const row = applyDelivery(record, ports);
          if (row !== undefined) changed.add(row.seq);
          if (headerNames.redriveOf in record.headers) applyRedrive(record, this.db);
        }
        this.refreshStatuses(changed);
    }
  }

  private refreshStatuses(seqs: ReadonlySet<number>): void {
    for (const seq of seqs) {
      const event = this.db.get<{ event_id: string }>('SELECT event_id FROM events WHERE seq = ?', seq);
      if (event === undefined) continue;
      const deliveries = this.db.all<{ delivery_id: string }>(
        'SELECT delivery_id FROM deliveries WHERE event_seq = ?',
        seq,
      );
      const receipts = this.db.all<OutcomeReceipt>(
        `SELECT delivery_id AS deliveryId, outcome, reason, attempt, next_attempt_at_ms AS nextAttemptAtMs, at_ms AS atMs
         FROM receipts WHERE event_seq = ?`,
        seq,
      );
      const deliveryIds = deliveries.map(({ delivery_id }) => delivery_id);
      this.rows.setStatus(seq, statusOf(event.event_id, deliveryIds, receipts));
    }
  }
}
