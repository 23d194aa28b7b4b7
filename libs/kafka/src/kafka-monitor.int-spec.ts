import { type ScratchTopics, scratchTopics, silentLogger } from '@app/testing';
import { register } from 'prom-client';
import { commitOffset } from '../test/commit-offset';
import { kafkaMonitor, type MonitoredGroup } from './kafka-monitor';

const hour = 3_600_000;

describe('the monitor of a real Kafka', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(3);
  });

  afterAll(() => topics.remove());

  async function valueOf(name: string, labels: Record<string, string>): Promise<number | undefined> {
    const metric = await register.getSingleMetric(`rcstatsig_kafka_${name}`)?.get();
    return metric?.values.find((value) =>
      Object.entries(labels).every(([label, text]) => value.labels[label] === text),
    )?.value;
  }

  it('exports what waits in partitions that no consumer reads, and the settings of the topic', async () => {
    const topic = await topics.deliveriesOf('paused');
    const producer = topics.kafka.producer();
    await producer.connect();
    const write = (partition: number, hoursAgo: number) =>
      producer.send({
        topic,
        messages: [{ value: 'x', partition, timestamp: String(Date.now() - hoursAgo * hour) }],
      });
    for (const [partition, hoursAgo] of [[0, 50], [0, 2], [1, 3], [2, 1]] as const) await write(partition, hoursAgo); // prettier-ignore
    await producer.disconnect();
    // Only partition 0 has a committed offset, and the group has no member.
    await commitOffset(topics.kafka, `${topic}.group`, { topic, partition: 0, offset: '1' });

    const project: MonitoredGroup = {
      consumer: 'dispatcher',
      groupId: `${topic}.group`,
      topic,
      projectId: 'paused',
    };
    const mapper: MonitoredGroup = { consumer: 'mapper', groupId: 'none', topic: topics.names.events };
    const missing: MonitoredGroup = { ...project, topic: `${topic}.missing`, projectId: 'missing' };
    const monitor = kafkaMonitor(
      topics.kafka,
      () => Promise.resolve([project, mapper, missing]),
      silentLogger,
    );
    // A Kafka that has just started cannot return the offsets of every group yet.
    while (monitor.backlogs()?.length !== 2) {
      await monitor.checkBacklogs();
      await monitor.checkSettings();
    }

    const labels = { consumer: 'dispatcher', topic, project: 'paused' };
    expect(await valueOf('consumer_lag_records', labels)).toBe(3);
    const ageSeconds = (await valueOf('consumer_oldest_waiting_age_seconds', labels)) ?? 0;
    expect((ageSeconds * 1_000) / hour).toBeCloseTo(3, 1);
    expect(await valueOf('consumer_lag_records', { consumer: 'mapper', topic: topics.names.events })).toBe(0);
    expect(await valueOf('consumer_lag_records', { project: 'missing' })).toBeUndefined();
    expect(await valueOf('topic_retention_seconds', { topic })).toBe(30 * 86_400);
    expect(await valueOf('unsafe_setting', { topic, setting: 'replication_factor' })).toBe(1);
    expect(await valueOf('unsafe_setting', { topic, setting: 'unclean_leader_election' })).toBe(0);
  });
});
