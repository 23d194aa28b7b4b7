import { type ConsumedRecord, headerNames } from '@app/kafka';
import { placeOf } from './dead-letter';

/** What a list shows of a dead letter. */
interface DeadLetterLine {
  place: string;
  timestampMs: number;
  project: string;
  event: string;
  stage: string;
  reason: string;
}

/** Counts dead letters, and keeps a line of each of the newest. */
export class NewestDeadLetters {
  total = 0;
  private lines: DeadLetterLine[] = [];

  constructor(private readonly limit: number) {}

  add(record: ConsumedRecord): void {
    const { headers, timestampMs } = record;
    this.total += 1;
    this.lines.push({
      place: placeOf(record),
      timestampMs,
      project: headers[headerNames.projectId] ?? '',
      event: headers[headerNames.eventId] ?? '',
      stage: headers[headerNames.deadLetterStage] ?? '',
      reason: headers[headerNames.deadLetterReason] ?? '',
    });
    if (this.lines.length >= 2 * this.limit + 100) this.lines = this.list();
  }

  /** The oldest of them first. */
  list(): DeadLetterLine[] {
    return this.lines
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
      .slice(Math.max(0, this.lines.length - this.limit));
  }
}
