import { type GroupBacklog, type MonitoredGroup } from '@app/kafka';
import { retentionRisks } from './retention-risk';

const day = 86_400_000;
const nowMs = 100 * day;

function backlog(
  consumer: MonitoredGroup['consumer'],
  projectId: string | undefined,
  daysWaited: number | undefined,
): GroupBacklog {
  return {
    group: { consumer, groupId: 'g', topic: 't', ...(projectId !== undefined && { projectId }) },
    oldestMs: daysWaited === undefined ? undefined : nowMs - daysWaited * day,
    retentionMs: 30 * day,
  };
}

describe('the retention of waiting events', () => {
  it('is at risk if one has waited for half of it', () => {
    const backlogs = [
      backlog('mapper', undefined, 14),
      backlog('dispatcher', 'shop', 16),
      backlog('dispatcher', 'idle', undefined),
    ];
    expect(retentionRisks(backlogs, nowMs)).toEqual([
      { projectId: null, isAtRisk: false },
      { projectId: 'shop', isAtRisk: true },
      { projectId: 'idle', isAtRisk: false },
    ]);
  });

  it('is never at risk in a topic whose records Kafka keeps', () => {
    const kept = { ...backlog('dispatcher', 'shop', 90), retentionMs: undefined };
    expect(retentionRisks([kept], nowMs)).toEqual([{ projectId: 'shop', isAtRisk: false }]);
  });

  it('does not depend on the console, which reads the same events', () => {
    expect(retentionRisks([backlog('console', 'shop', 16)], nowMs)).toEqual([]);
  });
});
