import { encodeDelivery, type Receipt } from '@app/delivery';
import { customerHash } from '@app/identity';
import { type ConsumedRecord, deliveriesTopic, topicNames } from '@app/kafka';
import { type AuditEntry } from '../api/audit';

export const topics = topicNames();
export const startMs = Date.UTC(2026, 0, 5, 12);

/** Builds records of the pipeline's topics. Each topic has its own offsets. */
export class Records {
  private readonly next = new Map<string, number>();

  event(
    id: string,
    fields: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): ConsumedRecord {
    const event = {
      id,
      type: 'RENEWAL',
      app_user_id: 'ann',
      aliases: ['ann'],
      event_timestamp_ms: startMs,
      ...fields,
    };
    return this.record(topics.events, JSON.stringify({ api_version: '1.0', event }), {
      'project-id': 'default',
      'received-at-ms': String(startMs),
      ...headers,
    });
  }

  delivery(id: string, sourceId = id): ConsumedRecord {
    const value = encodeDelivery({
      eventId: id,
      projectId: 'default',
      sourceEventId: sourceId,
      type: 'RENEWAL',
      format: 'revenuecat',
      environment: 'PRODUCTION',
      eventTimeMs: startMs,
      customer: { appUserId: 'another-name', aliases: [] },
      receivedAtMs: startMs,
      identity: 'app_user_id',
      body: JSON.stringify({ api_version: '1.0', event: { id, type: 'RENEWAL' } }),
    });
    return this.record(deliveriesTopic(topics, 'default'), value);
  }

  receipt(id: string, receipt: Partial<Receipt> & Pick<Receipt, 'outcome'>): ConsumedRecord {
    const whole: Receipt = {
      eventId: id,
      sourceEventId: id,
      projectId: 'default',
      type: 'RENEWAL',
      attempt: 1,
      sinceReceivedMs: 40,
      atMs: startMs + 40,
      ...receipt,
    };
    return this.record(topics.receipts, JSON.stringify(whole));
  }

  deadLetter(id: string, reason = 'statsig_400'): ConsumedRecord {
    const { value } = this.delivery(id);
    return this.record(topics.deliveriesDeadLetter, value ?? '', {
      'event-id': id,
      'project-id': 'default',
      'dead-letter-topic': deliveriesTopic(topics, 'default'),
      'dead-letter-partition': '0',
      'dead-letter-reason': reason,
      'dead-letter-detail': 'Statsig responded with 400',
      'dead-letter-stage': 'dispatcher',
      'dead-letter-attempts': '1',
      'dead-letter-at-ms': String(startMs + 50),
    });
  }

  /** Builds the record that `npm run cli -- forget` writes. */
  forget(ids: readonly string[], entry: Partial<AuditEntry> = {}): ConsumedRecord {
    const idHashes = ids.map((id) => customerHash('default', id));
    return this.audit({ action: 'forget', detail: { project: 'default', idHashes }, ...entry });
  }

  audit(entry: Partial<AuditEntry>): ConsumedRecord {
    const whole: AuditEntry = {
      atMs: startMs,
      who: 'Ada',
      from: '10.0.0.7',
      action: 'pause_integration',
      target: 'default',
      ...entry,
    };
    return this.record(topics.audit, JSON.stringify(whole));
  }

  record(topic: string, value: Buffer | string, headers: Record<string, string> = {}): ConsumedRecord {
    const offset = this.next.get(topic) ?? 0;
    this.next.set(topic, offset + 1);
    return {
      topic,
      partition: 0,
      offset,
      timestampMs: startMs + offset,
      key: Buffer.from('default:ann'),
      value: Buffer.from(value),
      headers,
    };
  }
}
