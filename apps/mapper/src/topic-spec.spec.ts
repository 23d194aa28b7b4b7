import { topicConfig, topicNames } from '@app/kafka';
import { readConfig } from '@app/platform';
import { z } from 'zod';
import { anIntegration } from '../test/mapping.builder';
import { topicSpecOf } from './topic-spec';

describe('a missing topic', () => {
  const names = topicNames('x.');
  const config = readConfig(z.object(topicConfig), {});
  const specOf = (topic: string) =>
    topicSpecOf(topic, names, config, {
      find: (projectId) =>
        projectId === 'acme'
          ? { kind: 'ready', integration: anIntegration({ projectId, partitions: 3 }) }
          : { kind: 'absent' },
    });

  it('is created with the partitions of its integration if it holds deliveries', () => {
    expect(specOf('x.statsig.deliveries.acme')).toMatchObject({
      topic: 'x.statsig.deliveries.acme',
      partitions: 3,
    });
  });

  it('is not created for a project without an integration, or under another name', () => {
    expect(specOf('x.statsig.deliveries.unknown')).toBeUndefined();
    expect(specOf('statsig.receipts')).toBeUndefined();
  });

  it('is created as configured if all projects share it', () => {
    expect(specOf('x.statsig.receipts')).toMatchObject({ partitions: config.TOPIC_PARTITIONS });
  });
});
