import { type GroupBacklog } from '@app/kafka';
import { type ObservedBacklog } from './observation';

const riskyShare = 0.5;

/** Finds the backlogs of the mapper and the dispatcher in which an event has waited for half of the retention of its topic. */
export function retentionRisks(backlogs: readonly GroupBacklog[], nowMs: number): ObservedBacklog[] {
  return backlogs
    .filter(({ group }) => group.consumer !== 'console')
    .map(({ group, oldestMs = nowMs, retentionMs = Infinity }) => ({
      projectId: group.projectId ?? null,
      isAtRisk: nowMs - oldestMs >= retentionMs * riskyShare,
    }));
}
