import { createLogger } from '@app/platform';
import { register } from 'prom-client';
import { KafkaMonitor, type MonitoredGroup } from './kafka-monitor';
import { type TopicSettings } from './topic-safety';
import { type WaitingRecords } from './waiting-records';

const safe: TopicSettings = {
  replicationFactor: 3,
  minInsyncReplicas: 2,
  uncleanLeaderElection: false,
  retentionMs: 86_400_000,
};
const paused: MonitoredGroup = {
  consumer: 'dispatcher',
  groupId: 'dispatcher.shop',
  topic: 'statsig.deliveries.shop',
  projectId: 'shop',
};
const mapper: MonitoredGroup = { consumer: 'mapper', groupId: 'mapper', topic: 'revenuecat.events' };

function monitored() {
  const kafka = {
    groups: [mapper, paused],
    waiting: new Map<MonitoredGroup, WaitingRecords>(),
    settings: new Map<string, TopicSettings>(),
    isReachable: true,
    nowMs: 1_000_000,
  };
  const reachable = <T>(value: T): Promise<T> =>
    kafka.isReachable ? Promise.resolve(value) : Promise.reject(new Error('Kafka cannot be reached'));
  const monitor = new KafkaMonitor({
    groups: () => reachable(kafka.groups),
    readWaiting: () => reachable(kafka.waiting),
    readSettings: (topics) =>
      reachable(new Map([...kafka.settings].filter(([topic]) => topics.includes(topic)))),
    nowMs: () => kafka.nowMs,
    logger: createLogger('test', 'silent'),
  });
  return { kafka, monitor };
}

/** The lines of a metric without its name. */
async function series(name: string): Promise<string[]> {
  const text = await register.getSingleMetricAsString(`rcstatsig_kafka_${name}`);
  return text
    .split('\n')
    .filter((line) => line.startsWith('rcstatsig'))
    .map((line) => line.slice(`rcstatsig_kafka_${name}`.length));
}

describe('the monitor of Kafka', () => {
  const pausedLabels = '{consumer="dispatcher",topic="statsig.deliveries.shop",project="shop"}';
  const mapperLabels = '{consumer="mapper",topic="revenuecat.events",project=""}';

  beforeEach(() => {
    register.resetMetrics();
  });

  it('exports the records that wait for each group, and the age of the oldest', async () => {
    const { kafka, monitor } = monitored();
    kafka.waiting.set(paused, { count: 7, oldestMs: kafka.nowMs - 90_000 });
    kafka.waiting.set(mapper, { count: 0, oldestMs: undefined });
    await monitor.checkBacklogs();
    expect(await series('consumer_lag_records')).toEqual([`${mapperLabels} 0`, `${pausedLabels} 7`]);
    expect(await series('consumer_oldest_waiting_age_seconds')).toEqual([
      `${mapperLabels} 0`,
      `${pausedLabels} 90`,
    ]);
    expect(await series('backlog_read_timestamp_seconds')).toEqual([' 1000']);
  });

  it('lets the age grow while Kafka cannot be read, and shows since when', async () => {
    const { kafka, monitor } = monitored();
    kafka.waiting.set(paused, { count: 7, oldestMs: kafka.nowMs - 90_000 });
    await monitor.checkBacklogs();
    kafka.isReachable = false;
    kafka.nowMs += 600_000;
    await expect(monitor.checkBacklogs()).rejects.toThrow('cannot be reached');
    expect(await series('consumer_oldest_waiting_age_seconds')).toEqual([`${pausedLabels} 690`]);
    expect(await series('backlog_read_timestamp_seconds')).toEqual([' 1000']);
  });

  it('keeps what is known of a topic that cannot be read, and forgets a group that no longer exists', async () => {
    const { kafka, monitor } = monitored();
    kafka.waiting.set(paused, { count: 7, oldestMs: kafka.nowMs });
    kafka.waiting.set(mapper, { count: 1, oldestMs: kafka.nowMs });
    await monitor.checkBacklogs();
    kafka.waiting.delete(paused);
    await monitor.checkBacklogs();
    expect(await series('consumer_lag_records')).toContain(`${pausedLabels} 7`);
    kafka.groups = [mapper];
    await monitor.checkBacklogs();
    expect(await series('consumer_lag_records')).toEqual([`${mapperLabels} 1`]);
  });

  it('lists the backlogs that it could read, with the retention of their topics', async () => {
    const { kafka, monitor } = monitored();
    kafka.waiting.set(paused, { count: 7, oldestMs: 900_000 });
    kafka.waiting.set(mapper, { count: 0, oldestMs: undefined });
    expect(monitor.backlogs()).toBeUndefined();
    await monitor.checkBacklogs();
    expect(monitor.backlogs()).toEqual([]);
    kafka.settings.set(paused.topic, safe);
    await monitor.checkSettings();
    expect(monitor.backlogs()).toEqual([{ group: paused, oldestMs: 900_000, retentionMs: 86_400_000 }]);
    kafka.waiting.delete(paused);
    await monitor.checkBacklogs();
    expect(monitor.backlogs()).toEqual([]);
    kafka.isReachable = false;
    await expect(monitor.checkBacklogs()).rejects.toThrow('cannot be reached');
    expect(monitor.backlogs()).toBeUndefined();
  });

  it('exports retention and unsafe settings of each topic', async () => {
    const { kafka, monitor } = monitored();
    kafka.settings.set(mapper.topic, safe);
    kafka.settings.set(paused.topic, {
      replicationFactor: 1,
      minInsyncReplicas: 1,
      uncleanLeaderElection: true,
      retentionMs: undefined,
    });
    await monitor.checkSettings();
    expect(await series('topic_retention_seconds')).toEqual(['{topic="revenuecat.events"} 86400']);
    expect((await series('unsafe_setting')).map((line) => line.slice(-2))).toEqual([
      ...[' 0', ' 0', ' 0'],
      ...[' 1', ' 1', ' 1'],
    ]);
    kafka.groups = [mapper];
    await monitor.checkSettings();
    expect(await series('unsafe_setting')).toHaveLength(3);
  });

  it('reads the settings of a new topic at once, and those of a known topic every five minutes', async () => {
    const { kafka, monitor } = monitored();
    kafka.groups = [mapper];
    kafka.settings.set(mapper.topic, safe);
    await monitor.checkSettings();
    kafka.groups = [mapper, paused];
    kafka.settings.set(mapper.topic, { ...safe, retentionMs: 3_600_000 });
    kafka.settings.set(paused.topic, safe);
    await monitor.checkSettings();
    const known = '{topic="revenuecat.events"}';
    const added = '{topic="statsig.deliveries.shop"}';
    expect(await series('topic_retention_seconds')).toEqual([`${known} 86400`, `${added} 86400`]);
    kafka.nowMs += 300_000;
    await monitor.checkSettings();
    expect(await series('topic_retention_seconds')).toEqual([`${known} 3600`, `${added} 86400`]);
  });
});
