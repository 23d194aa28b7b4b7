import { OffsetRuns } from './offset-runs';

/**
 * Which records of a partition are unhandled, and so which offset may be committed: the first unhandled one, or else the
 * one behind everything that was read. Records finish in any order. Offsets need not be consecutive: compaction and
 * transactions leave gaps, which count as handled once something behind them was read.
 *
 * A record that is left is not handled here and now. {@link rewind} goes back to the first of them, and whatever else is
 * read again then is not handed out a second time. One that is gone by then, as by retention, counts as handled.
 */
export class OffsetTracker {
  /** By offset, when the record was written, in ms since the epoch. */
  private readonly inHand = new Map<number, number>();
  private readonly left = new OffsetRuns();
  private position: number;
  /** Behind everything that was ever read. */
  private end: number;

  /** @param position the offset to begin at */
  constructor(position: number) {
    this.position = position;
    this.end = position;
  }

  /** The offset that is read next. */
  get next(): number {
    return this.position;
  }

  /** The offset to commit. */
  get committable(): number {
    let first = Math.min(this.end, this.left.first ?? Infinity);
    for (const offset of this.inHand.keys()) if (offset < first) first = offset;
    return first;
  }

  /** Records in hand. */
  get size(): number {
    return this.inHand.size;
  }

  /** Records that were left, and are to be read again. */
  get leftSize(): number {
    return this.left.size;
  }

  /** What it costs to remember them: memory grows with the runs of offsets that follow each other. */
  get leftRuns(): number {
    return this.left.runCount;
  }

  /** Whether records are being read again, up to where reading had got to before. */
  get isRereading(): boolean {
    return this.position < this.end;
  }

  /** When the oldest unhandled record was written, in ms since the epoch; undefined if there is none. */
  get oldestMs(): number | undefined {
    let oldest = this.left.oldestMs;
    for (const writtenAtMs of this.inHand.values())
      if (oldest === undefined || writtenAtMs < oldest) oldest = writtenAtMs;
    return oldest;
  }

  isInHand(offset: number): boolean {
    return this.inHand.has(offset);
  }

  /** A record was read. False: it is in hand or has been handled. */
  begin(offset: number, writtenAtMs = 0): boolean {
    this.forgetLeft(this.position, offset);
    this.position = offset + 1;
    const isNew = offset >= this.end;
    if (isNew) this.end = this.position;
    else if (!this.left.delete(offset, writtenAtMs)) return false;
    this.inHand.set(offset, writtenAtMs);
    return true;
  }

  /** Everything up to this offset, inclusive, was read: what was not handed out are control records, or gaps. */
  skipTo(offset: number): void {
    this.forgetLeft(this.position, offset + 1);
    this.position = Math.max(this.position, offset + 1);
    this.end = Math.max(this.end, this.position);
  }

  /** False: the record is not in hand. */
  finish(offset: number): boolean {
    return this.inHand.delete(offset);
  }

  /** False: the record is not in hand. */
  leave(offset: number): boolean {
    const writtenAtMs = this.inHand.get(offset);
    if (writtenAtMs === undefined) return false;
    this.inHand.delete(offset);
    this.left.add(offset, writtenAtMs);
    return true;
  }

  /** Reads from the first record that was left. */
  rewind(): void {
    this.position = Math.min(this.position, this.left.first ?? Infinity);
  }

  /** What was left at these offsets was not found there: retention or compaction has removed it. */
  private forgetLeft(from: number, end: number): void {
    if (from < end && this.left.size > 0) this.left.deleteRange(from, end);
  }
}
