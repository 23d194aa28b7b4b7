import { partitionOf } from './partition-of';
import { redriveTarget } from './redrive-target';
import { topicNames } from './topics';

const key = Buffer.from('shop:anna');
const context = {
  topics: topicNames('eu.'),
  defaultProjectId: 'default',
  partitions: new Map([
    ['shop', 12],
    ['default', 3],
  ]),
};
const target = (headers: Record<string, string>) => redriveTarget({ key, headers }, context);

describe('a delivery that became a dead letter', () => {
  const own = { 'dead-letter-topic': 'eu.statsig.deliveries.shop', 'dead-letter-partition': '7' };

  it('goes back to the topic and partition that it came from', () => {
    expect(target({ ...own, 'project-id': 'default' })).toEqual({
      kind: 'partition',
      topic: 'eu.statsig.deliveries.shop',
      partition: 7,
    });
  });

  it.each(['12', '-1', '1.5', 'x'])(
    'goes to the partition of its key if the header has partition %s',
    (partition) => {
      expect(target({ ...own, 'dead-letter-partition': partition })).toMatchObject({
        partition: partitionOf(key, 12),
      });
    },
  );

  it.each(['statsig.deliveries.shop', 'eu.statsig.deliveries', 'elsewhere', undefined])(
    'goes to the topic of the project in its header if it came from %s',
    (topic) => {
      const headers = {
        ...(topic !== undefined && { 'dead-letter-topic': topic }),
        'dead-letter-partition': '1',
      };
      const found = {
        kind: 'partition',
        topic: 'eu.statsig.deliveries.default',
        partition: partitionOf(key, 3),
      };
      expect(target({ ...headers, 'project-id': 'default' })).toEqual(found);
      expect(target(headers)).toEqual(found);
    },
  );

  it('has no target if its project has no topic', () => {
    const headers = { ...own, 'dead-letter-topic': 'eu.statsig.deliveries.gone' };
    expect(target(headers)).toEqual({ kind: 'unknown_project', projectId: 'gone' });
  });
});
