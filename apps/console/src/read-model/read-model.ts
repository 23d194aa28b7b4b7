import {
  type ConsumedBatch,
  type ConsumedRecord,
  headerNames,
  projectOfDeliveriesTopic,
  type TopicNames,
} from '@app/kafka';
import { Subject } from 'rxjs';
import { type Database } from './database';
import { EventRows } from './event-rows';
import { FlowRows } from './flow-rows';
import { Kinds } from './kinds';
import { type OutcomeReceipt, standingOf } from './outcome';
import { Positions } from './positions';
import { takeAudit } from './take-audit';
import { takeDeadLetter, takeRedrive } from './take-dead-letters';
import { takeDelivery } from './take-deliveries';
import { takeEvent } from './take-events';
import { takeReceipt } from './take-receipts';

export interface ReadModelOptions {
  topics: TopicNames;
  /** Project of events that name none. */
  defaultProjectId: string;
}

/**
 * What the topics say, as tables. The order in which partitions are read makes no difference to what ends up in them,
 * so a read model that is thrown away and built again equals the one that was there.
 */
export class ReadModel {
  readonly kinds: Kinds;
  readonly positions: Positions;
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
    this.rows = new EventRows(db, this.kinds);
    this.flow = new FlowRows(db);
  }

  takeBatch({ topic, partition, records, ack }: ConsumedBatch): void {
    this.take(topic, partition, records);
    records.forEach(ack);
  }

  /** Takes in one partition's records and its new position, all or nothing. Records taken in before are left out. */
  take(topic: string, partition: number, records: readonly ConsumedRecord[]): void {
    const fresh = this.positions.fresh(topic, partition, records);
    const last = fresh.at(-1);
    if (last === undefined) return;
    const changed = new Set<number>();
    try {
      this.db.transaction(() => {
        this.takeRecords(topic, fresh, changed);
        this.flow.write();
        this.positions.write(topic, partition, last.offset + 1);
      });
    } catch (error) {
      this.kinds.reload();
      this.flow.clear();
      throw error;
    }
    this.positions.committed(topic, partition, last.offset + 1);
    if (changed.size > 0) this.changes.next(changed);
  }

  private takeRecords(topic: string, records: readonly ConsumedRecord[], changed: Set<number>): void {
    const { topics } = this.options;
    const ports = { db: this.db, rows: this.rows, flow: this.flow, ...this.options };
    switch (topic) {
      case topics.events:
        for (const record of records) {
          this.flow.add('received', record.timestampMs);
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
        for (const record of records) takeAudit(record, this.db);
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
