import { DeadLetterLog, type DeliveryRequest, type Effect, type Reason, type Receipt } from '@app/delivery';
import {
  type ConsumedRecord,
  deadLetter,
  type ProducedRecord,
  type RecordProducer,
  type TopicNames,
  writeOutcomes,
} from '@app/kafka';
import { type Logger, spanAttributes as attributes, traceIdOf } from '@app/platform';
import { idsOf } from './delivery-log';
import { type AcceptedDelivery } from './delivery-recorder';
import * as metrics from './dispatcher.metrics';
import { type DeliveryResult, type PendingDelivery } from './pending-delivery';

type EffectOf<K extends Effect<PendingDelivery>['kind']> = Extract<Effect<PendingDelivery>, { kind: K }>;
type Outcome = Omit<
  Receipt,
  | 'eventId'
  | 'sourceEventId'
  | 'projectId'
  | 'type'
  | 'attempt'
  | 'sinceReceivedMs'
  | 'enrichment'
  | 'identity'
  | 'traceId'
  | 'atMs'
>;

/** Maximum number of attempt receipts that wait for Kafka. Receipts of outcomes are not limited. */
const maxWaitingAttempts = 20_000;

/** Writes the outcomes of one project's events: receipts and dead letters, then offsets. */
export class OutcomeWriter {
  private readonly sinceReceivedSeconds: ReturnType<typeof metrics.sinceReceivedSeconds.labels>;
  private readonly deadLetters: DeadLetterLog;
  private waitingAttempts = 0;

  constructor(
    private readonly projectId: string,
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly topics: TopicNames,
    private readonly logger: Logger,
  ) {
    this.deadLetters = new DeadLetterLog('dispatcher', logger);
    this.sinceReceivedSeconds = metrics.sinceReceivedSeconds.labels(projectId);
  }

  writeDelivered(accepted: readonly AcceptedDelivery[]): Promise<void> {
    const atMs = Date.now();
    this.count('delivered', '', accepted.length);
    const receipts = accepted.map(({ event, request }) => {
      conclude(event, { outcome: 'delivered', ...statusOf(request) });
      this.sinceReceivedSeconds.observe(Math.max(0, atMs - event.head.receivedAtMs) / 1_000);
      return this.toReceipt(event, atMs, {
        outcome: 'delivered',
        ...responseOf(request),
        ...(event.progress.maybeDelivered && { previousAmbiguous: true }),
      });
    });
    return this.writeAndAck(
      accepted.map(({ event }) => event),
      receipts,
    );
  }

  writeDuplicate({ event, isCertain }: EffectOf<'duplicate'>): Promise<void> {
    const reason = 'maybe_delivered';
    this.count('duplicate', isCertain ? '' : reason);
    conclude(event, { outcome: 'duplicate', ...(!isCertain && { reason }) });
    const receipt = this.toReceipt(event, Date.now(), {
      outcome: 'duplicate',
      ...(!isCertain && {
        reason,
        detail:
          'Statsig may have this event, so it was dead-lettered. Redrive the dead letter if the event is missing in Statsig.',
      }),
    });
    return this.writeAndAck([event], [receipt]);
  }

  /** @param beforeAck runs after the dead letter is written and before its offset can be committed */
  writeDeadLetter(
    { event, request, reason, detail, isAmbiguous }: EffectOf<'dead_letter'>,
    beforeAck: () => Promise<void>,
  ): Promise<void> {
    const atMs = Date.now();
    const { attempts, maybeDelivered } = event.progress;
    this.count('dead_lettered', reason);
    conclude(event, { outcome: 'dead_lettered', reason, ...(request !== undefined && statusOf(request)) });
    this.log(reason, event.record, event.head.eventId);
    const letter = deadLetter(this.topics.deliveriesDeadLetter, event.record, {
      reason,
      detail,
      stage: 'dispatcher',
      attempts,
      atMs,
    });
    const receipt = this.toReceipt(event, atMs, {
      outcome: 'dead_lettered',
      reason,
      detail,
      ...(request !== undefined && responseOf(request)),
      ...((isAmbiguous || maybeDelivered) && { previousAmbiguous: true }),
    });
    return this.writeAndAck([event], [letter, receipt], beforeAck);
  }

  /** Does not wait, because nothing depends on the receipt of an attempt. */
  writeRetrying({ events, request, verdict, nextAttemptAtMs }: EffectOf<'retrying'>, nowMs: number): void {
    const atMs = Date.now();
    const { reason, detail } = verdict;
    this.count('retrying', reason, events.length);
    if (this.waitingAttempts > maxWaitingAttempts) {
      metrics.receiptsDropped.inc({ project: this.projectId }, events.length);
      return;
    }
    const receipts = events.map((event) =>
      this.toReceipt(event, atMs, {
        outcome: 'retrying',
        reason,
        detail,
        ...responseOf(request),
        ...(verdict.kind === 'suspend' && { suspended: true }),
        nextAttemptAtMs: Math.round(atMs + nextAttemptAtMs - nowMs),
      }),
    );
    this.waitingAttempts += receipts.length;
    void this.writeAndAck([], receipts).finally(() => {
      this.waitingAttempts -= receipts.length;
    });
  }

  async writeNotADelivery(
    invalid: readonly { record: ConsumedRecord; detail: string }[],
    ack: (record: ConsumedRecord) => void,
  ): Promise<void> {
    if (invalid.length === 0) return;
    const reason = 'not_a_delivery';
    this.count('dead_lettered', reason, invalid.length);
    for (const { record } of invalid) this.log(reason, record);
    const letters = invalid.map(({ record, detail }) =>
      deadLetter(this.topics.deliveriesDeadLetter, record, {
        reason,
        detail: `The record is not a delivery: ${detail}. Only the mapper writes to this topic.`,
        stage: 'dispatcher',
        attempts: 0,
        atMs: Date.now(),
      }),
    );
    if (await this.tryWrite(letters)) for (const { record } of invalid) ack(record);
  }

  /** Acks the events after writing the records. If that fails, the events are read again and recognized by the ledger. */
  private async writeAndAck(
    events: readonly PendingDelivery[],
    records: readonly ProducedRecord[],
    beforeAck?: () => Promise<void>,
  ): Promise<void> {
    const isWritten = await this.tryWrite(records, events);
    if (isWritten) await beforeAck?.();
    for (const event of events) {
      if (isWritten) {
        event.ack();
        continue;
      }
      event.result = undefined;
      event.leave();
    }
  }

  private async tryWrite(
    records: readonly ProducedRecord[],
    events: readonly PendingDelivery[] = [],
  ): Promise<boolean> {
    try {
      await writeOutcomes(this.producer, records, this.logger);
      return true;
    } catch (error) {
      this.logger.warn(
        { err: error, projectId: this.projectId, ...(events.length > 0 && idsOf(events)) },
        'failed to write outcomes; leaving the events in Kafka',
      );
      return false;
    }
  }

  private count(outcome: Receipt['outcome'], reason: Reason | '', events = 1): void {
    metrics.outcomes.inc({ project: this.projectId, outcome, reason }, events);
  }

  private log(reason: Reason, record: ConsumedRecord, eventId?: string): void {
    this.deadLetters.add({ project: this.projectId, reason, eventId, record });
  }

  private toReceipt(
    { head, progress, orderKey, record }: PendingDelivery,
    atMs: number,
    outcome: Outcome,
  ): ProducedRecord {
    const traceId = traceIdOf(record.headers, record.span);
    const receipt: Receipt = {
      eventId: head.eventId,
      sourceEventId: head.sourceEventId,
      projectId: head.projectId,
      type: head.type,
      attempt: progress.attempts,
      sinceReceivedMs: Math.max(0, Math.round(atMs - head.receivedAtMs)),
      ...(head.enrichment !== undefined && { enrichment: head.enrichment }),
      ...(head.identity !== undefined && { identity: head.identity }),
      ...outcome,
      ...(traceId !== undefined && { traceId }),
      atMs,
    };
    return { topic: this.topics.receipts, key: orderKey, value: JSON.stringify(receipt) };
  }
}

/** Sets the result of an event, and adds it to its span. */
function conclude(event: PendingDelivery, result: DeliveryResult): void {
  event.result = result;
  const { outcome, reason, status } = result;
  event.record.span?.setAttributes({
    [attributes.outcome]: outcome,
    ...(reason !== undefined && { [attributes.reason]: reason }),
    ...(status !== undefined && { [attributes.status]: status }),
    [attributes.attempts]: event.progress.attempts,
  });
}

function statusOf({ status }: DeliveryRequest<PendingDelivery>): Pick<Receipt, 'status'> {
  return status === undefined ? {} : { status };
}

function responseOf(
  request: DeliveryRequest<PendingDelivery>,
): Pick<Receipt, 'latencyMs' | 'status' | 'sandboxSecret'> {
  const { sentAtMs, respondedAtMs = sentAtMs, isIndependent } = request;
  return {
    latencyMs: Math.round(respondedAtMs - sentAtMs),
    ...statusOf(request),
    ...(isIndependent && { sandboxSecret: true }),
  };
}
