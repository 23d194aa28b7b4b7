interface Run {
  from: number;
  /** The offset after the last one. */
  end: number;
}

/** A set of offsets, stored as runs of consecutive offsets: its memory grows with the number of runs. */
export class OffsetRuns {
  /** In ascending order, with at least one missing offset between two runs. */
  private readonly runs: Run[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get runCount(): number {
    return this.runs.length;
  }

  get first(): number | undefined {
    return this.runs[0]?.from;
  }

  /** The offset must not be in the set. */
  add(offset: number): void {
    const at = this.firstBehind(offset);
    const before = this.runs[at - 1];
    const behind = this.runs[at];
    this.count += 1;
    if (before?.end === offset) {
      before.end += 1;
      if (behind?.from !== before.end) return;
      before.end = behind.end;
      this.runs.splice(at, 1);
    } else if (behind?.from === offset + 1) {
      behind.from = offset;
    } else {
      this.runs.splice(at, 0, { from: offset, end: offset + 1 });
    }
  }

  /** False if the offset is not in the set. */
  delete(offset: number): boolean {
    const run = this.runs[this.firstBehind(offset) - 1];
    if (run === undefined || run.end <= offset) return false;
    this.deleteRange(offset, offset + 1);
    return true;
  }

  /** @param end the offset after the last one of the range */
  deleteRange(from: number, end: number): void {
    let at = Math.max(0, this.firstBehind(from) - 1);
    for (let run = this.runs[at]; run !== undefined && run.from < end; run = this.runs[at]) {
      const removed = Math.min(end, run.end) - Math.max(from, run.from);
      if (removed <= 0) {
        at += 1;
        continue;
      }
      this.count -= removed;
      const rest: Run[] = [];
      if (run.from < from) rest.push({ from: run.from, end: from });
      if (run.end > end) rest.push({ from: end, end: run.end });
      this.runs.splice(at, 1, ...rest);
      at += rest.length;
    }
  }

  /** Index of the first run that begins after this offset. */
  private firstBehind(offset: number): number {
    let [low, high] = [0, this.runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.runs[middle]?.from ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
