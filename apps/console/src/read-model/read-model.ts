import {
  type ConsumedBatch,
  type ConsumedRecord,
  headerNames,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { Subject } from 'rxjs';
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

  applyBatch({ topic, partition, records, ack }: ConsumedBatch): void {
    this.apply(topic, partition, records);
    records.forEach(ack);
  }

  /**
   * Applies the records of one partition, and stores its new position. Ignores records that were applied before. Counts and
   * skips records that cannot be stored, because they would block all later records. Throws if the database cannot be
   * written at all.
   */
  apply(topic: string, partition: number, records: readonly ConsumedRecord[]): void {
    const fresh = this.positions.fresh(topic, partition, records);
    if (fresh.length === 0) return;
    const changed = new Set<number>();
    try {
      this.store(topic, partition, fresh, changed);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      this.storeOneByOne(topic, partition, fresh, changed);
    }
    if (changed.size > 0) this.changes.next(changed);
  }

  private storeOneByOne(
    topic: string,
    partition: number,
    records: readonly ConsumedRecord[],
    changed: Set<number>,
  ): void {
    const skipped: { record: ConsumedRecord; error: unknown }[] = [];
    for (const record of records) {
      try {
        this.store(topic, partition, [record], changed);
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
  private store(
    topic: string,
    partition: number,
    records: readonly ConsumedRecord[],
    changed: Set<number>,
  ): void {
    const next = (records.at(-1)?.offset ?? 0) + 1;
    const stored = new Set<number>();
    try {
      this.db.transaction(() => {
        this.applyRecords(topic, records, stored);
        this.flow.write();
        this.positions.write(topic, partition, next);
      });
    } catch (error) {
      this.kinds.reload();
      this.forgotten.reload();
      this.flow.clear();
      throw error;
    }
    this.positions.committed(topic, partition, next);
    for (const seq of stored) changed.add(seq);
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
