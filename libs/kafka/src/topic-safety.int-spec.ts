import { type ScratchTopics, scratchTopics } from '@app/testing';
import { readTopicSettings } from './topic-safety';

describe('the settings of a topic', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(1);
  });

  afterAll(() => topics.remove());

  it('are read from Kafka, whatever the settings of the app are', async () => {
    const { kafka, names } = topics;
    await topics.alter(names.events, { 'retention.ms': '3600000', 'unclean.leader.election.enable': 'true' });
    await topics.alter(names.receipts, { 'retention.ms': '-1' });
    const found = await readTopicSettings(kafka, [names.events, names.receipts, 'missing']);
    expect(found).toEqual(
      new Map([
        [
          names.events,
          { replicationFactor: 1, minInsyncReplicas: 1, uncleanLeaderElection: true, retentionMs: 3_600_000 },
        ],
        [
          names.receipts,
          {
            replicationFactor: 1,
            minInsyncReplicas: 1,
            uncleanLeaderElection: false,
            retentionMs: undefined,
          },
        ],
      ]),
    );
  });
});
