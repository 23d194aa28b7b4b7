import { silentLogger } from '@app/testing';
import { topics } from '../../test/records';
import { RetentionRisk, type TopicBacklog, topicBacklogs } from './retention-risk';

const day = 86_400_000;
const backlog = (projectId: string | null, records: number): TopicBacklog => ({
  projectId,
  records,
  retentionMs: 30 * day,
  topic: `topic-${projectId ?? 'events'}`,
  groupId: 'g',
});

async function settled(risk: RetentionRisk, nowMs: number) {
  risk.backlogs(nowMs);
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  return risk.backlogs(nowMs);
}

describe('the retention of waiting events', () => {
  it('is at risk if one has waited for half of it, and not read from Kafka if none waits', async () => {
    const hasOlder = jest.fn(({ topic }: { topic: string }) => Promise.resolve(topic === 'topic-shop'));
    const backlogs = () => Promise.resolve([backlog(null, 1), backlog('shop', 2), backlog('idle', 0)]);
    const risk = new RetentionRisk(backlogs, hasOlder, silentLogger);
    expect(risk.backlogs(100 * day)).toBeUndefined();
    expect(await settled(risk, 100 * day)).toEqual([
      { projectId: null, isAtRisk: false },
      { projectId: 'shop', isAtRisk: true },
      { projectId: 'idle', isAtRisk: false },
    ]);
    expect(hasOlder).toHaveBeenCalledWith({ topic: 'topic-shop', groupId: 'g' }, 85 * day);
    expect(hasOlder).toHaveBeenCalledTimes(2);
  });

  it('is unknown of a topic that cannot be read, and of all while Kafka does not respond', async () => {
    const backlogs = jest.fn(() => Promise.resolve([backlog('shop', 1), backlog(null, 0)]));
    const risk = new RetentionRisk(backlogs, () => Promise.reject(new Error('no leader')), silentLogger);
    expect(await settled(risk, 0)).toEqual([{ projectId: null, isAtRisk: false }]);
    backlogs.mockRejectedValueOnce(new Error('no broker'));
    expect(await settled(risk, 60_000)).toBeUndefined();
  });
});

it('finds the backlogs of the mapper and of each project, and omits those that are unknown', () => {
  const retention = { TOPIC_RETENTION: 7 * day, TOPIC_DELIVERIES_RETENTION: 30 * day };
  const mapper = (records: number | null) => [{ stage: 'mapper' as const, records }];
  const byProject = new Map([['shop', 3]]);
  const [events, shop] = [
    { projectId: null, records: 1, topic: 'revenuecat.events', groupId: 'mapper', retentionMs: 7 * day },
    {
      ...{ projectId: 'shop', records: 3, topic: 'statsig.deliveries.shop', groupId: 'dispatcher.shop' },
      retentionMs: 30 * day,
    },
  ];
  expect(topicBacklogs({ stages: mapper(1), byProject }, topics, '', retention)).toEqual([events, shop]);
  expect(topicBacklogs({ stages: mapper(null), byProject }, topics, '', retention)).toEqual([shop]);
});
