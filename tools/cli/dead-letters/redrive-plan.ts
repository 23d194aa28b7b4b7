import { type ConsumedRecord } from '@app/kafka';
import { type RedriveResult } from './dead-letter';

/** The dead letters to redrive: those that existed when the plan was made. An event that fails again becomes a new one. */
export class RedrivePlan {
  /** Dead letters that can be sent again. */
  count = 0;
  private truncated = 0;
  private readonly unknown = new Map<string, number>();
  /** The last offset by partition. */
  private readonly lastOffsets = new Map<string, number>();

  add(deadLetter: ConsumedRecord, result: RedriveResult): void {
    this.lastOffsets.set(partitionOf(deadLetter), deadLetter.offset);
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
    return deadLetter.offset <= (this.lastOffsets.get(partitionOf(deadLetter)) ?? -1);
  }

  /** Numbers of dead letters that cannot be sent again: truncated ones, and those without a deliveries topic by project. */
  excluded(): { truncated: number; withoutTopic: Record<string, number> } {
    return { truncated: this.truncated, withoutTopic: Object.fromEntries(this.unknown) };
  }

  /** Explains why some dead letters are not sent again. */
  exclusions(): string {
    return [
      ...(this.truncated === 0
        ? []
        : [`${this.truncated} were truncated because of their size and cannot be sent again.\n`]),
      ...[...this.unknown].map(
        ([projectId, count]) =>
          `${count} were not sent again: project "${projectId}" has no deliveries topic. Add its integration first.\n`,
      ),
    ].join('');
  }
}

function partitionOf({ topic, partition }: ConsumedRecord): string {
  return `${topic}/${partition}`;
}
