import { traceIdOf } from '@app/platform';
import { parseEnvelope } from '@app/revenuecat';
import { Inject, Injectable } from '@nestjs/common';
import { type Attempt, type DeliveryView, type EventDetail } from '../../api/events';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { textOf } from '../read-model/customer-ids';
import { ReadModel } from '../read-model/read-model';
import { type EventRow, summaryOf } from './event-summary';
import { explanationOf } from './reason-explanation';

/** Everything that the read model has about one event. */
@Injectable()
export class EventDetails {
  constructor(
    private readonly model: ReadModel,
    @Inject(CONSOLE_CONFIG) private readonly config: Pick<ConsoleConfig, 'CONSOLE_TRACE_URL'> = {},
  ) {}

  find(project: string, eventId: string): EventDetail | undefined {
    const { db, kinds } = this.model;
    const row = db.get<EventRow>('SELECT * FROM events WHERE project = ? AND event_id = ?', project, eventId);
    if (row === undefined) return undefined;
    const body = this.original(project, eventId);
    const traceId = this.traceIdIn(row.seq) ?? traceIdOf(body?.headers ?? {}) ?? null;
    return {
      ...summaryOf(row, kinds.get(row.kind)),
      received: body === undefined ? null : receivedText(body.value),
      headers: body?.headers ?? {},
      traceId,
      traceUrl: traceId === null ? null : traceUrl(this.config.CONSOLE_TRACE_URL, traceId),
      deliveries: this.deliveriesOf(row.seq),
      attemptLog: this.attemptsOf(row.seq),
      deadLetterIds: db
        .all<{ id: number }>(
          'SELECT id FROM dead_letters WHERE project = ? AND event_id = ? AND is_open = 1 ORDER BY at_ms DESC LIMIT 10',
          project,
          eventId,
        )
        .map(({ id }) => id),
    };
  }

  /** Returns the record of the event as read: key, bytes and headers, and when it was received. */
  original(
    project: string,
    eventId: string,
  ):
    { key: Uint8Array | null; value: Uint8Array; headers: Record<string, string>; atMs: number } | undefined {
    const row = this.model.db.get<{
      key: Uint8Array | null;
      value: Uint8Array;
      headers: string;
      atMs: number;
    }>(
      `SELECT b.key, b.value, b.headers, e.at_ms AS atMs FROM events e JOIN bodies b ON b.seq = e.seq
       WHERE e.project = ? AND e.event_id = ?`,
      project,
      eventId,
    );
    return row === undefined
      ? undefined
      : { ...row, headers: JSON.parse(row.headers) as Record<string, string> };
  }

  /** Returns the trace id of the newest receipt that has one. */
  private traceIdIn(seq: number): string | undefined {
    return this.model.db.get<{ traceId: string }>(
      `SELECT trace_id AS traceId FROM receipts WHERE event_seq = ? AND trace_id IS NOT NULL
       ORDER BY at_ms DESC LIMIT 1`,
      seq,
    )?.traceId;
  }

  private deliveriesOf(seq: number): DeliveryView[] {
    return this.model.db
      .all<Omit<DeliveryView, 'body'> & { body: Uint8Array }>(
        `SELECT delivery_id AS deliveryId, format, at_ms AS atMs, identity, body
         FROM deliveries WHERE event_seq = ?`,
        seq,
      )
      .map((delivery) => ({ ...delivery, body: textOf(delivery.body) }));
  }

  private attemptsOf(seq: number): Attempt[] {
    return this.model.db
      .all<Omit<Attempt, 'previousAmbiguous' | 'explanation'> & { previousAmbiguous: number }>(
        `SELECT delivery_id AS deliveryId, outcome, attempt, at_ms AS atMs, reason, detail, status,
           latency_ms AS latencyMs, since_received_ms AS sinceReceivedMs, next_attempt_at_ms AS nextAttemptAtMs,
           previous_ambiguous AS previousAmbiguous, enrichment, rule, identity
         FROM receipts WHERE event_seq = ? ORDER BY at_ms, attempt`,
        seq,
      )
      .map((attempt) => ({
        ...attempt,
        explanation: explanationOf(attempt.reason),
        previousAmbiguous: attempt.previousAmbiguous === 1,
      }));
  }
}

function traceUrl(template: string | undefined, traceId: string): string | null {
  return template?.replaceAll('{traceId}', traceId) ?? null;
}

/** Removes a byte order mark or a schema registry frame. */
function receivedText(value: Uint8Array): string {
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? parsed.envelope.text : textOf(value);
}
