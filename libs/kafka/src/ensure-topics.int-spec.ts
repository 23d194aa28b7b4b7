import { type ScratchTopics, scratchTopics } from '@app/testing';
import { ensureTopics } from './ensure-topics';
import { deliveriesTopic, type TopicSpec } from './topics';
import { withAdmin } from './with-admin';

describe('ensureTopics', () => {
  let topics: ScratchTopics;
  let projects = 0;

  beforeAll(async () => {
    topics = await scratchTopics(2);
  });

  afterAll(() => topics.remove());

  const spec = (partitions: number): TopicSpec => ({
    topic: deliveriesTopic(topics.names, `p${projects}`),
    partitions,
    replicationFactor: 1,
    config: { 'retention.ms': '1000000' },
    growsToSpec: true,
  });

  beforeEach(() => {
    projects += 1;
  });

  const partitionsOf = ({ topic }: TopicSpec) =>
    withAdmin(topics.kafka, async (admin) => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
      return found.map(({ partitions }) => partitions.length);
    });

  it('creates a missing topic once, even if it is called several times at once', async () => {
    const reports = await Promise.all([1, 2, 3, 4].map(() => ensureTopics(topics.kafka, [spec(3)])));
    expect(reports.flatMap(({ created }) => created)).toEqual([spec(3).topic]);
    expect(await partitionsOf(spec(3))).toEqual([3]);
    expect(await ensureTopics(topics.kafka, [spec(3)])).toEqual({ created: [], enlarged: [], differing: [] });
  });

  it('adds missing partitions to a deliveries topic, and removes none', async () => {
    await ensureTopics(topics.kafka, [spec(2)]);
    const reports = await Promise.all([1, 2, 3].map(() => ensureTopics(topics.kafka, [spec(5)])));
    expect(reports.flatMap(({ enlarged }) => enlarged)).toEqual([spec(5).topic]);
    expect(await partitionsOf(spec(5))).toEqual([5]);
    expect(await ensureTopics(topics.kafka, [spec(2)])).toEqual({ created: [], enlarged: [], differing: [] });
    expect(await partitionsOf(spec(2))).toEqual([5]);
  });

  it('leaves the partitions of a shared topic as they are, and reports the difference', async () => {
    const shared = { ...spec(4), topic: topics.names.events, growsToSpec: undefined };
    delete shared.growsToSpec;
    const { differing } = await ensureTopics(topics.kafka, [shared]);
    expect(differing).toEqual([{ topic: topics.names.events, partitions: 2, configured: 4 }]);
    expect(await partitionsOf(shared)).toEqual([2]);
  });
});
