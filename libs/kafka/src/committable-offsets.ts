/**
 * Which offset may be committed while records finish in any order: the one after the contiguous finished prefix.
 * Offsets need not be consecutive (compaction and transactions leave gaps), only begun in ascending order.
 */
export class CommittableOffsets {
  private readonly begun: number[] = [];
  private readonly unfinishedOffsets = new Set<number>();
  private head = 0;
  private position: number | undefined;

  /** False: it is begun and unfinished already. */
  begin(offset: number): boolean {
    if (this.unfinishedOffsets.has(offset)) return false;
    this.begun.push(offset);
    this.unfinishedOffsets.add(offset);
    return true;
  }

  /** False: it was finished before. */
  finish(offset: number): boolean {
    if (!this.unfinishedOffsets.delete(offset)) return false;
    for (
      let next = this.begun[this.head];
      next !== undefined && !this.unfinishedOffsets.has(next);
      next = this.begun[this.head]
    ) {
      this.position = next + 1;
      this.head += 1;
    }
    if (this.head > 4_096) {
      this.begun.splice(0, this.head);
      this.head = 0;
    }
    return true;
  }

  /** The offset to commit, or undefined while the first record is unfinished. */
  get committable(): number | undefined {
    return this.position;
  }

  get unfinished(): number {
    return this.unfinishedOffsets.size;
  }
}
