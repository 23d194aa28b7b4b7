import {
  deliveriesTopicSpec,
  type TopicDescription,
  topicNames,
  type TopicSpec,
  topicSpecs,
} from '@app/kafka';
import { evaluateTopic } from './evaluate-topic';

const settings = {
  TOPIC_PARTITIONS: 2,
  TOPIC_REPLICATION_FACTOR: 3,
  TOPIC_MIN_INSYNC_REPLICAS: 2,
  TOPIC_RETENTION: 7 * 86_400_000,
  TOPIC_DELIVERIES_RETENTION: 30 * 86_400_000,
  TOPIC_DEAD_LETTER_RETENTION: 30 * 86_400_000,
  TOPIC_SEGMENT_AGE: 86_400_000,
  TOPIC_MAX_MESSAGE_BYTES: 1_000_000,
};
const names = topicNames();
const events = specOf(names.events);
const deliveries = deliveriesTopicSpec(names, settings, 'shop', 2);

function specOf(topic: string): TopicSpec {
  const spec = topicSpecs(names, settings).find((each) => each.topic === topic);
  if (spec === undefined) throw new Error(`${topic} has no spec`);
  return spec;
}

const partition = (number: number, changes: object = {}) => ({
  partition: number,
  leader: 1 as number | undefined,
  replicas: [1, 2, 3],
  inSyncReplicas: [1, 2, 3],
  ...changes,
});

/** The topic as `npm run cli -- topics` creates it, with changes. */
function topic(
  config: Record<string, string> = {},
  partitions: TopicDescription['partitions'] = [partition(0), partition(1)],
  spec = events,
): TopicDescription {
  const all = {
    ...spec.config,
    'retention.bytes': '-1',
    'unclean.leader.election.enable': 'false',
    ...config,
  };
  return { topic: spec.topic, partitions, config: new Map(Object.entries(all)) };
}

describe('the evaluation of a topic', () => {
  it('finds nothing wrong with a topic that has the configured settings', () => {
    expect(evaluateTopic(topic(), events)).toEqual([
      expect.objectContaining({ level: 'ok', subject: 'revenuecat.events' }),
    ]);
  });

  it('reports a topic that does not exist', () => {
    expect(evaluateTopic(undefined, events)).toEqual([
      expect.objectContaining({ level: 'error', action: 'Create it: npm run cli -- topics.' }),
    ]);
  });

  it.each([
    ['error', { 'min.insync.replicas': '1' }, 'min.insync.replicas is 1'],
    ['error', { 'retention.ms': '3600000' }, 'retention.ms is 1h, but 7d'],
    ['warning', { 'retention.ms': '-1' }, 'retention.ms is unlimited'],
    ['warning', { 'retention.bytes': '1000' }, 'retention.bytes is 1000'],
    ['warning', { 'segment.ms': '604800000' }, 'segment.ms is 7d'],
    ['error', { 'cleanup.policy': 'compact' }, 'cleanup.policy is compact'],
    ['error', { 'max.message.bytes': '1000' }, 'max.message.bytes is 1000'],
    ['error', { 'unclean.leader.election.enable': 'true' }, 'acknowledged events can be lost'],
    ['warning', { 'min.insync.replicas': '3' }, 'equals the number of replicas'],
  ])('reports as %s the setting %j', (level, config: Record<string, string>, found) => {
    const [name = ''] = Object.keys(config);
    expect(evaluateTopic(topic(config), events)).toEqual([
      {
        level,
        subject: 'revenuecat.events',
        found: expect.stringContaining(found) as unknown,
        action: expect.any(String) as unknown,
      },
    ]);
    const wanted = events.config[name];
    const [{ action = '' } = {}] = evaluateTopic(topic(config), events);
    if (wanted !== undefined && level === 'error') expect(action).toContain(`--add-config ${name}=${wanted}`);
  });

  it.each([
    ['error', { leader: undefined }, 'without a leader'],
    ['error', { inSyncReplicas: [1] }, 'reject writes: 1'],
    ['warning', { inSyncReplicas: [1, 2] }, 'not in sync: 1'],
  ])('reports as %s a partition with %j', (level, changes, found) => {
    const actual = topic({}, [partition(0), partition(1, changes)]);
    expect(evaluateTopic(actual, events)).toContainEqual(
      expect.objectContaining({ level, found: expect.stringContaining(found) as unknown }),
    );
  });

  it('reports fewer replicas than configured', () => {
    const actual = topic(
      {},
      [0, 1].map((n) => partition(n, { replicas: [1], inSyncReplicas: [1] })),
    );
    expect(evaluateTopic(actual, events)).toContainEqual(
      expect.objectContaining({ level: 'warning', found: 'It has 1 replicas, but 3 are configured.' }),
    );
  });

  it('requires the partitions that keys are assigned to, and accepts more', () => {
    const withPartitions = (...numbers: number[]) =>
      evaluateTopic(
        topic(
          {},
          numbers.map((number) => partition(number)),
          deliveries,
        ),
        deliveries,
      );
    expect(withPartitions(0)).toMatchObject([
      { level: 'error', action: expect.stringContaining('topics') as unknown },
    ]);
    expect(withPartitions(0, 1)).toMatchObject([{ level: 'ok' }]);
    expect(withPartitions(0, 1, 2)).toMatchObject([{ level: 'ok' }]);
    expect(evaluateTopic(topic({}, [partition(0)]), events)).toMatchObject([{ level: 'warning' }]);
  });
});
