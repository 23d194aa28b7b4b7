import { readConfig } from '@app/platform';
import { z } from 'zod';
import { deadLetter } from './dead-letter';
import { topicConfig } from './kafka-config';
import { sizeOf } from './records';
import { deliveriesTopicSpec, topicNames, topicSpecOf, topicSpecs } from './topics';

const config = readConfig(z.object(topicConfig), {});
const names = topicNames('test.');

describe('topic specs', () => {
  const specs = [...topicSpecs(names, config), deliveriesTopicSpec(names, config, 'acme', 4)];
  const specOf = (topic: string) => {
    const spec = specs.find((one) => one.topic === topic);
    if (spec === undefined) throw new Error(`no spec of ${topic}`);
    return spec;
  };
  const maxMessageBytes = (topic: string): number => Number(specOf(topic).config['max.message.bytes']);

  it.each([
    [names.events, names.eventsDeadLetter],
    ['test.statsig.deliveries.acme', names.deliveriesDeadLetter],
  ])('let a dead letter of the largest record of %s fit into %s', (topic, deadLetters) => {
    const limit = maxMessageBytes(topic);
    const record = {
      topic,
      partition: 0,
      offset: 1,
      timestampMs: 0,
      key: Buffer.from('customer'),
      value: Buffer.alloc(limit),
      headers: { trace: 'abc' },
    };
    const letter = deadLetter(deadLetters, record, {
      reason: 'statsig_413',
      detail: 'x'.repeat(100_000),
      stage: 'dispatcher',
      attempts: 1,
      atMs: 0,
    });
    expect(sizeOf(letter)).toBeGreaterThan(limit);
    expect(sizeOf(letter)).toBeLessThanOrEqual(maxMessageBytes(deadLetters));
  });

  it('have a longer retention for deliveries and dead letters than for events', () => {
    const retentionMs = (topic: string): number => Number(specOf(topic).config['retention.ms']);
    expect(retentionMs(names.events)).toBe(config.TOPIC_RETENTION);
    expect(retentionMs('test.statsig.deliveries.acme')).toBe(config.TOPIC_DELIVERIES_RETENTION);
    expect(retentionMs(names.deliveriesDeadLetter)).toBe(config.TOPIC_DEAD_LETTER_RETENTION);
  });

  it('have the partition count of the integration, to which smaller deliveries topics are enlarged', () => {
    expect(specOf('test.statsig.deliveries.acme')).toMatchObject({ partitions: 4, growsToSpec: true });
  });

  it("never have a segment age above the topic's retention", () => {
    const short = { ...config, TOPIC_RETENTION: 1_000 };
    const [events] = topicSpecs(names, short);
    expect(events?.config['segment.ms']).toBe('1000');
  });
});

describe('a missing topic', () => {
  const specOf = (topic: string) =>
    topicSpecOf(topic, names, config, (projectId) => (projectId === 'acme' ? 3 : undefined));

  it('is created with the partitions of its integration if it holds deliveries', async () => {
    expect(await specOf('test.statsig.deliveries.acme')).toMatchObject({
      topic: 'test.statsig.deliveries.acme',
      partitions: 3,
    });
  });

  it('is not created for a project without an integration, or under another name', async () => {
    expect(await specOf('test.statsig.deliveries.unknown')).toBeUndefined();
    expect(await specOf('statsig.receipts')).toBeUndefined();
  });

  it('is created as configured if all projects share it', async () => {
    expect(await specOf('test.statsig.receipts')).toMatchObject({ partitions: config.TOPIC_PARTITIONS });
  });
});
