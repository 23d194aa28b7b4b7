import { deliveriesTopic } from '@app/kafka';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { DeliveriesTopics } from './deliveries-topics';
import { type ReadModel } from './read-model';

const shop = deliveriesTopic(topics, 'shop');
const other = deliveriesTopic(topics, 'other');

describe('the deliveries topics to read', () => {
  /** The end offset of partition 0 in Kafka, by topic. */
  const kafka = new Map<string, number>();
  let model: ReadModel;
  let found: DeliveriesTopics;

  beforeEach(() => {
    kafka.clear();
    model = emptyModel();
    found = new DeliveriesTopics(
      topics,
      { list: () => Promise.resolve(new Set(kafka.keys())) },
      {
        clusterState: (requested) =>
          Promise.resolve({
            clusterId: 'one',
            ends: new Map(requested.map((topic) => [topic, new Map([[0, kafka.get(topic) ?? 0]])])),
          }),
      },
      model.positions,
    );
    const r = new Records();
    for (const [topic, offset] of [
      [shop, 4],
      [other, 9],
      [topics.receipts, 9],
    ] as const)
      model.apply(topic, 0, [{ ...r.delivery('e'), topic, offset }]);
  });

  it('are the existing ones of this pipeline', async () => {
    kafka.set(topics.events, 1).set(shop, 5).set('elsewhere.statsig.deliveries.shop', 5);
    expect(await found.topicsToRead()).toEqual([shop]);
    expect(model.positions.of(shop, 0)).toBe(5);
  });

  it('are read from the beginning after they were deleted, while others continue', async () => {
    kafka.set(other, 10);
    expect(await found.topicsToRead()).toEqual([other]);
    expect(model.positions.of(shop, 0)).toBe(0);
    expect(model.positions.of(other, 0)).toBe(10);
    expect(model.positions.of(topics.receipts, 0)).toBe(10);
  });

  it('are omitted once and read from the beginning if they were created again under the same name', async () => {
    kafka.set(shop, 2).set(other, 10);
    expect(await found.topicsToRead()).toEqual([other]);
    expect(model.positions.of(shop, 0)).toBe(0);
    expect(await found.topicsToRead()).toEqual([shop, other]);
  });
});
