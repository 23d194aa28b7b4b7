import { setTimeout as delay } from 'node:timers/promises';
import {
  type GroupBacklog,
  headerNames,
  parkedTopic,
  type RecordProducer,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type OutgoingEvent } from './outgoing-event';

export interface ParkingLotPorts {
  producer: Pick<RecordProducer, 'send'>;
  backlog: Pick<GroupBacklog, 'of'>;
  topics: TopicNames;
  /** The parking topics that this process consumes. */
  followed: () => readonly string[];
  /** Names this process. */
  token: string;
  logger: Logger;
}

const retryMs = 500;

/**
 * Keeps a project's events in a topic of its own, in order, while Statsig does not take them.
 *
 * Partition n of that topic belongs to whoever has partition n of the deliveries, so that one process knows both: as
 * long as anything of a project is parked there, its later events are parked behind it.
 */
export class ParkingLot {
  private assignment = 0;
  private reading: Promise<void> = Promise.resolve();
  /** Parked and not yet settled, by topic and partition, under the present assignment. */
  private counts = new Map<string, number>();
  private ends = new Map<string, number>();

  constructor(private readonly ports: ParkingLotPorts) {}

  /**
   * Resolves when it is known what is parked in the partitions of this assignment. Every batch waits for it before it
   * goes on; batches go on in the order in which they came.
   */
  know(assignment: number): Promise<void> {
    if (assignment > this.assignment) {
      this.assignment = assignment;
      this.reading = this.read(assignment);
    }
    return this.reading;
  }

  hasParked(event: OutgoingEvent): boolean {
    return (this.counts.get(this.placeOf(event)) ?? 0) > 0;
  }

  /** Writes the events to their project's parking topic; then their offsets may go on. */
  async park(events: readonly OutgoingEvent[]): Promise<void> {
    for (const event of events) this.count(event, 1);
    const parkedBy = this.parkedBy;
    await this.ports.producer.send(
      events.map(({ projectId, record: { partition, key, value, headers } }) => ({
        topic: parkedTopic(this.ports.topics, projectId),
        partition,
        key,
        value,
        headers: { ...headers, [headerNames.parkedBy]: parkedBy },
      })),
    );
  }

  /** A parked event has come back. What a former owner of the partition wrote late is not counted yet. */
  returned(event: OutgoingEvent): void {
    const isOurs = event.record.headers[headerNames.parkedBy] === this.parkedBy;
    const end = this.ends.get(this.placeOf(event)) ?? 0;
    if (!isOurs && event.record.offset >= end) this.count(event, 1);
  }

  settled(event: OutgoingEvent, assignment: number): void {
    if (assignment === this.assignment) this.count(event, -1);
  }

  private get parkedBy(): string {
    return `${this.ports.token}:${this.assignment}`;
  }

  private count(event: OutgoingEvent, change: number): void {
    const place = this.placeOf(event);
    this.counts.set(place, (this.counts.get(place) ?? 0) + change);
  }

  private placeOf({ projectId, record }: OutgoingEvent): string {
    return place(parkedTopic(this.ports.topics, projectId), record.partition);
  }

  private async read(assignment: number): Promise<void> {
    this.counts = new Map();
    this.ends = new Map();
    while (assignment === this.assignment) {
      try {
        const backlogs = await this.ports.backlog.of(this.ports.followed());
        if (assignment !== this.assignment) return;
        for (const { topic, partition, waiting, end } of backlogs) {
          this.counts.set(place(topic, partition), waiting);
          this.ends.set(place(topic, partition), end);
        }
        return;
      } catch (error) {
        this.ports.logger.warn(
          { err: error },
          'what is parked cannot be read; nothing is delivered before it is known',
        );
        await delay(retryMs);
      }
    }
  }
}

function place(topic: string, partition: number): string {
  return `${topic}|${partition}`;
}
