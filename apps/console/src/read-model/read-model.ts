import {
  type ConsumedBatch,
  type ConsumedRecord,
  headerNames,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { Subject } from 'rxjs';
import { boundedMs } from './bounded';
import { type Database, isDatabaseUnavailable } from './database';
import { EventRows } from './event-rows';
import { FlowRows } from './flow-rows';
import { Forgotten } from './forgotten';
import { Kinds } from './kinds';
import { type OutcomeReceipt, standingOf } from './outcome';
import { Positions } from './positions';
import { Skipped } from './skipped';
import { takeAudit } from './take-audit';
import { takeDeadLetter, takeRedrive } from './take-dead-letters';
import { takeDelivery } from './take-deliveries';
import { takeEvent } from './take-events';
import { takeReceipt } from './take-receipts';

export interface ReadModelOptions {
  topics: TopicNames;
  /** Project of events that name none. */
  defaultProjectId: string;
  logger: Logger;
}

/**
 * What the topics say, as tables. The order in which partitions are read makes no difference to what ends up in them,
 * so a read model that is thrown away and built again equals the one that was there.
 */
export class ReadModel {
  readonly kinds: Kinds;
  readonly positions: Positions;
  readonly forgotten: Forgotten;
  readonly skipped: Skipped;
  /** After each commit, the events that are new or stand otherwise. */
  readonly changes = new Subject<ReadonlySet<number>>();
  private readonly rows: EventRows;
  private readonly flow: FlowRows;

  constructor(
    readonly db: Database,
    private readonly options: ReadModelOptions,
  ) {
    this.kinds = new Kinds(db);
    this.positions = new Positions(db);
    this.forgotten = new Forgotten(db);
    this.skipped = new Skipped(db, options.logger);
    this.rows = new EventRows(db, this.kinds);
    this.flow = new FlowRows(db);
  }

  takeBatch({ topic, partition, records, ack }: ConsumedBatch): void {
    this.take(topic, partition, records);
    records.forEach(ack);
  }

  /**
   * Takes in one partition's records and its new position. Records taken in before are left out. If some cannot be stored,
   * all others are, and those are counted and skipped: they would keep everything behind them out for ever. Throws if the
   * database cannot be written at all.
   */
  take(topic: string, partition: number, records: readonly ConsumedRecord[]): void {
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

  /** All or nothing. */
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
        this.takeRecords(topic, records, stored);
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

  private takeRecords(topic: string, records: readonly ConsumedRecord[], changed: Set<number>): void {
    const { topics } = this.options;
    const { db, rows, flow, forgotten } = this;
    const ports = { db, rows, flow, forgotten, ...this.options };
    switch (topic) {
      case topics.events:
        for (const record of records) {
          this.flow.add('received', boundedMs(record.timestampMs));
          const taken = takeEvent(record, ports);
          if (taken !== undefined) changed.add(taken.seq);
          if (headerNames.redriveOf in record.headers) takeRedrive(record, this.db);
        }
        return;
      case topics.receipts:
        for (const record of records) {
          const taken = takeReceipt(record, ports);
          if (taken !== undefined) changed.add(taken.seq);
        }
        this.restand(changed);
        return;
      case topics.eventsDeadLetter:
        for (const record of records) takeDeadLetter(record, 'events', ports);
        return;
      case topics.deliveriesDeadLetter:
        for (const record of records) takeDeadLetter(record, 'deliveries', ports);
        return;
      case topics.audit:
        for (const record of records) takeAudit(record, ports);
        return;
      default:
        if (projectOfDeliveriesTopic(topics, topic) === undefined) return;
        for (const record of records) {
          const taken = takeDelivery(record, ports);
          if (taken !== undefined) changed.add(taken.seq);
          if (headerNames.redriveOf in record.headers) takeRedrive(record, this.db);
        }
        this.restand(changed);
    }
  }

  private restand(seqs: ReadonlySet<number>): void {
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
      this.rows.stand(seq, standingOf(event.event_id, deliveryIds, receipts));
    }
  }
}
