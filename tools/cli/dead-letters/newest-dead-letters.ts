import { type ConsumedRecord, headerNames } from '@app/kafka';
import { placeOf } from './dead-letter';

/** A dead letter in a list. */
interface DeadLetterLine {
  place: string;
  timestampMs: number;
  project: string;
  event: string;
  stage: string;
  reason: string;
}

/** Counts dead letters and keeps the newest for a list. */
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

  /** Oldest first. */
  list(): DeadLetterLine[] {
    return this.lines
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
      .slice(Math.max(0, this.lines.length - this.limit));
  }
}
