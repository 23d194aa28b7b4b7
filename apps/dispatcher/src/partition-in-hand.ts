import { bytesInHand, type ConsumedRecord } from '@app/kafka';

interface Load {
  records: number;
  bytes: number;
}

interface EventInHand {
  projectId: string;
  record: Pick<ConsumedRecord, 'key' | 'value'>;
}

/** What this process has in hand of one partition, from when it is read until it is settled or left. */
export class PartitionInHand<E extends EventInHand> {
  readonly events = new Set<E>();
  private readonly all: Load = { records: 0, bytes: 0 };
  private readonly byProject = new Map<string, Load>();

  /** @param allowance with this much in hand, no more of the partition is read until half of it is dealt with */
  constructor(private readonly allowance: Load) {}

  add(event: E): void {
    this.events.add(event);
    const own = this.byProject.get(event.projectId) ?? { records: 0, bytes: 0 };
    this.byProject.set(event.projectId, own);
    for (const load of [this.all, own]) {
      load.records += 1;
      load.bytes += bytesInHand(event.record);
    }
  }

  remove(event: E): void {
    const own = this.byProject.get(event.projectId);
    if (own === undefined || !this.events.delete(event)) return;
    for (const load of [this.all, own]) {
      load.records -= 1;
      load.bytes -= bytesInHand(event.record);
    }
    if (own.records === 0) this.byProject.delete(event.projectId);
  }

  /**
   * Whether this project has more in hand than half of the allowance has left: the first that is slow may have a
   * quarter, the next an eighth, and so on. Together they never have half, so that the partition is always read again,
   * and none waits for the slowest. (The dynamic thresholds of switches with shared buffers.)
   */
  isCrowdedBy(projectId: string): boolean {
    const own = this.byProject.get(projectId);
    return own !== undefined && this.used(own) > 1 / 2 - this.used(this.all);
  }

  private used({ records, bytes }: Load): number {
    return Math.max(records / this.allowance.records, bytes / this.allowance.bytes);
  }
}
