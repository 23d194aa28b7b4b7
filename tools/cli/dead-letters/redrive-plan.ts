import { type ConsumedRecord } from '@app/kafka';
import { type Redriven } from './dead-letter';

/** Which dead letters are redriven: those that were there when it was made. One that fails again is a new one. */
export class RedrivePlan {
  /** Dead letters that can be sent again. */
  count = 0;
  private truncated = 0;
  private readonly unknown = new Map<string, number>();
  /** By partition, the last offset that was seen. */
  private readonly seen = new Map<string, number>();

  add(deadLetter: ConsumedRecord, result: Redriven): void {
    this.seen.set(partitionOf(deadLetter), deadLetter.offset);
    switch (result.kind) {
      case 'record':
        this.count += 1;
        return;
      case 'truncated':
        this.truncated += 1;
        return;
      case 'unknown_project':
        this.unknown.set(result.projectId, (this.unknown.get(result.projectId) ?? 0) + 1);
    }
  }

  includes(deadLetter: ConsumedRecord): boolean {
    return deadLetter.offset <= (this.seen.get(partitionOf(deadLetter)) ?? -1);
  }

  /** Why some dead letters are not sent again. */
  exclusions(): string {
    return [
      ...(this.truncated === 0
        ? []
        : [`${this.truncated} were too large to be kept whole and cannot be sent again.\n`]),
      ...[...this.unknown].map(
        ([projectId, count]) =>
          `${count} are not sent again: project "${projectId}" has no deliveries topic. Add its integration first.\n`,
      ),
    ].join('');
  }
}

function partitionOf({ topic, partition }: ConsumedRecord): string {
  return `${topic}/${partition}`;
}
