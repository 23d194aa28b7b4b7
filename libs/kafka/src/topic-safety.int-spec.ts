import { ConfigResourceTypes } from 'kafkajs';
import { type ScratchTopics, scratchTopics } from '@app/testing';
import { readTopicSettings } from './topic-safety';
import { withAdmin } from './with-admin';

describe('the settings of a topic', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(1);
  });

  afterAll(() => topics.remove());

  it('are read from Kafka, whatever the settings of the app are', async () => {
    const { kafka, names } = topics;
    await withAdmin(kafka, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: names.events,
            configEntries: [
              { name: 'retention.ms', value: '3600000' },
              { name: 'unclean.leader.election.enable', value: 'true' },
            ],
          },
          {
            type: ConfigResourceTypes.TOPIC,
            name: names.receipts,
            configEntries: [{ name: 'retention.ms', value: '-1' }],
          },
        ],
      }),
    );
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
