import { type ConsumedRecord } from '@app/kafka';

/** How much of a partition may be in hand before no more of it is read. */
export interface Allowance {
  records: number;
  bytes: number;
}

interface EventInHand {
  projectId: string;
  record: Pick<ConsumedRecord, 'value'>;
}

/** What this process has in hand of one partition, from when it is read until it is settled or left. */
export class PartitionInHand<E extends EventInHand> {
  readonly events = new Set<E>();
  private readonly all = { records: 0, bytes: 0 };
  private readonly byProject = new Map<string, Allowance>();

  constructor(private readonly allowance: Allowance) {}

  add(event: E): void {
    this.events.add(event);
    const own = this.byProject.get(event.projectId) ?? { records: 0, bytes: 0 };
    this.byProject.set(event.projectId, own);
    for (const load of [this.all, own]) {
      load.records += 1;
      load.bytes += bytesOf(event);
    }
  }

  remove(event: E): void {
    const own = this.byProject.get(event.projectId);
    if (own === undefined || !this.events.delete(event)) return;
    for (const load of [this.all, own]) {
      load.records -= 1;
      load.bytes -= bytesOf(event);
    }
    if (own.records === 0) this.byProject.delete(event.projectId);
  }

  /**
   * Whether half of the allowance is used up, and this project has more than its share of that. With all of it used up
   * the partition would not be read, and every project would wait for the slowest.
   */
  isCrowdedBy(projectId: string): boolean {
    const own = this.byProject.get(projectId);
    const half = 1 / 2;
    return own !== undefined && this.used(this.all) > half && this.used(own) > half / this.byProject.size;
  }

  get crowdedBy(): string[] {
    return [...this.byProject.keys()].filter((projectId) => this.isCrowdedBy(projectId));
  }

  private used({ records, bytes }: Allowance): number {
    return Math.max(records / this.allowance.records, bytes / this.allowance.bytes);
  }
}

function bytesOf({ record }: EventInHand): number {
  return record.value?.length ?? 0;
}
