import { OffsetRuns } from './offset-runs';

/**
 * Tracks the unhandled records of a partition, and so the offset to commit: that of the first unhandled record, or else the
 * one after the last record read. Records can finish in any order. Offsets need not be consecutive: compaction and
 * transactions leave gaps, which count as handled once a later record was read.
 *
 * A _left_ record is handled later, after {@link rewind}, which goes back to the first left record. Other records that are
 * read again then are not handled a second time. A left record that retention has deleted counts as handled.
 */
export class OffsetTracker {
  /** Offsets of the records in progress. */
  private readonly inProgress = new Set<number>();
  private readonly left = new OffsetRuns();
  private position: number;
  /** The offset after the last record that was ever read. */
  private end: number;

  /** @param position the offset to start at */
  constructor(position: number) {
    this.position = position;
    this.end = position;
  }

  /** The next offset to read. */
  get next(): number {
    return this.position;
  }

  /** The offset to commit. */
  get committable(): number {
    let first = Math.min(this.end, this.left.first ?? Infinity);
    for (const offset of this.inProgress) if (offset < first) first = offset;
    return first;
  }

  /** Number of records in progress. */
  get size(): number {
    return this.inProgress.size;
  }

  /** Number of left records. */
  get leftSize(): number {
    return this.left.size;
  }

  /** Number of runs of consecutive left offsets, which determines the memory that they use. */
  get leftRuns(): number {
    return this.left.runCount;
  }

  /** Whether records are being read again that were read before. */
  get isRereading(): boolean {
    return this.position < this.end;
  }

  isInProgress(offset: number): boolean {
    return this.inProgress.has(offset);
  }

  /** Records that a record was read. False if it is in progress or was handled before. */
  begin(offset: number): boolean {
    this.forgetLeft(this.position, offset);
    this.position = offset + 1;
    const isNew = offset >= this.end;
    if (isNew) this.end = this.position;
    else if (!this.left.delete(offset)) return false;
    this.inProgress.add(offset);
    return true;
  }

  /** Records that everything up to this offset, inclusive, was read, including control records and gaps. */
  skipTo(offset: number): void {
    this.forgetLeft(this.position, offset + 1);
    this.position = Math.max(this.position, offset + 1);
    this.end = Math.max(this.end, this.position);
  }

  /** False if the record is not in progress. */
  finish(offset: number): boolean {
    return this.inProgress.delete(offset);
  }

  /** False if the record is not in progress. */
  leave(offset: number): boolean {
    if (!this.inProgress.delete(offset)) return false;
    this.left.add(offset);
    return true;
  }

  /** Moves the position back to the first left record. */
  rewind(): void {
    this.position = Math.min(this.position, this.left.first ?? Infinity);
  }

  /** Drops left records that were not found again: retention or compaction has deleted them. */
  private forgetLeft(from: number, end: number): void {
    if (from < end && this.left.size > 0) this.left.deleteRange(from, end);
  }
}
