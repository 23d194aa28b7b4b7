import { type PartitionFlow, waitsForLeft } from './partition-flow';

export interface FlowRegulatorOptions {
  /** The assigned partitions. They change over time. */
  flows: ReadonlyMap<number, PartitionFlow>;
  /** Limit of the memory that the records of all partitions use, in bytes. */
  maxUnackedBytes: () => number;
  pause: (partition: number) => void;
  resume: (partition: number) => void;
}

/**
 * Pauses each partition while it has enough records, and resumes it afterwards. All partitions share the memory limit: each
 * may use its equal share, and more as long as all of them together are below the limit.
 */
export class FlowRegulator {
  private isConsuming = true;
  private isRegulationDue = false;

  constructor(private readonly options: FlowRegulatorOptions) {}

  /** Estimated memory of all records that are not acked or left yet. */
  get unackedBytes(): number {
    let bytes = 0;
    for (const { worker } of this.options.flows.values()) bytes += worker.unackedBytes;
    return bytes;
  }

  /** Pauses all partitions until {@link resume}. */
  pause(): void {
    this.isConsuming = false;
    this.regulateAll();
  }

  resume(): void {
    this.isConsuming = true;
    this.regulateAll();
  }

  regulate(flow: PartitionFlow): void {
    const { worker } = flow;
    const mustPause = !this.isConsuming || this.isFull(flow) || waitsForLeft(worker.offsets);
    if (mustPause === flow.isPaused) return;
    flow.isPaused = mustPause;
    if (mustPause) this.options.pause(worker.partition);
    else this.options.resume(worker.partition);
  }

  /** Regulates all partitions once for all changes in one turn of the event loop. */
  regulateSoon(): void {
    if (this.isRegulationDue) return;
    this.isRegulationDue = true;
    setImmediate(() => {
      this.isRegulationDue = false;
      this.regulateAll();
    });
  }

  /**
   * Whether a partition is paused by the memory limit, and no record that it waits for was handled since the last call. A
   * partition that uses its share waits for its own records, otherwise for those of all partitions.
   */
  hasStalled(): boolean {
    const flows = [...this.options.flows.values()];
    const doneByAll = flows.reduce((sum, { worker }) => sum + worker.done, 0);
    let isStalled = false;
    for (const flow of flows) {
      const isFull = flow.isPaused && this.isConsuming && this.isFull(flow);
      const done = this.hasItsShare(flow) ? flow.worker.done : doneByAll;
      if (isFull && flow.doneWhenFull === done) isStalled = true;
      flow.doneWhenFull = isFull ? done : undefined;
    }
    return isStalled;
  }

  private regulateAll(): void {
    for (const flow of this.options.flows.values()) this.regulate(flow);
  }

  private isFull(flow: PartitionFlow): boolean {
    return this.hasItsShare(flow) || this.unackedBytes > this.limitFor(flow);
  }

  private hasItsShare(flow: PartitionFlow): boolean {
    return flow.worker.unackedBytes > this.limitFor(flow) / Math.max(1, this.options.flows.size);
  }

  private limitFor({ isPaused }: PartitionFlow): number {
    const total = this.options.maxUnackedBytes();
    // A paused partition is resumed at half of the limit.
    return isPaused ? total / 2 : total;
  }
}
