import {
  headerNames,
  type ProducedRecord,
  type RecordProducer,
  RecordsRejectedError,
  sizeOf,
  type TopicNames,
} from '@app/kafka';
import { customerKeyOf, parseEnvelope } from '@app/revenuecat';
import { type EventToSend } from './event-to-send';
import { type EventSink } from './event-sink';
import { type ProduceSummary } from './summary';

const maxInFlightRecords = 1_000;
const maxInFlightBytes = 16 * 1024 * 1024;

/** Writes events to the topic that ingest writes to. Rejects what is not a valid event. */
export class TopicSink implements EventSink {
  private readonly inFlight: { sent: Promise<void>; bytes: number }[] = [];
  private inFlightBytes = 0;

  constructor(
    private readonly topics: TopicNames,
    private readonly projectId: string,
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly summary: ProduceSummary,
    private readonly source = 'cli',
  ) {}

  async write({ body }: EventToSend): Promise<void> {
    const parsed = parseEnvelope(Buffer.from(body));
    if (parsed.kind === 'unreadable') {
      this.summary.reject(parsed.reason, parsed.detail);
      return;
    }
    const { event } = parsed.envelope;
    const record = {
      topic: this.topics.events,
      key: customerKeyOf(this.projectId, event),
      value: body,
      headers: {
        [headerNames.projectId]: this.projectId,
        [headerNames.receivedAtMs]: String(Date.now()),
        [headerNames.source]: this.source,
        [headerNames.eventId]: event.id,
      },
    };
    const [sent, bytes] = [this.send(record), sizeOf(record)];
    // A failure is reported by a later `write`, or by `end`.
    sent.catch(() => undefined);
    this.inFlight.push({ sent, bytes });
    this.inFlightBytes += bytes;
    while (this.inFlight.length > maxInFlightRecords || this.inFlightBytes > maxInFlightBytes) {
      await this.finishFirst();
    }
  }

  async end(): Promise<void> {
    while (this.inFlight.length > 0) await this.finishFirst();
  }

  private async finishFirst(): Promise<void> {
    const first = this.inFlight.shift();
    this.inFlightBytes -= first?.bytes ?? 0;
    await first?.sent;
  }

  /** The producer writes the records of successive calls together and in order. */
  private async send(record: ProducedRecord): Promise<void> {
    try {
      await this.producer.send([record]);
      this.summary.accept();
    } catch (error) {
      if (!(error instanceof RecordsRejectedError)) throw error;
      for (const { reason } of error.rejected) {
        this.summary.reject(
          reason,
          'The event exceeds the maximum size of the topic (TOPIC_MAX_MESSAGE_BYTES).',
        );
      }
    }
  }
}
