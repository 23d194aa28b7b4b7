import { type Kafka } from 'kafkajs';
import { register } from 'prom-client';
import { UnreadTopics } from './unread-topics';

const topic = 'statsig.deliveries.paused';
const group = { groupId: 'dispatcher.paused', topic };
const minute = 60_000;
const day = 86_400_000;

/** Fake partitions: the time when each record was written, from offset `low` on. */
class FakeTopic {
  readonly partitions: { low: number; times: number[]; committed: number }[] = [];
  searches = 0;
  isReachable = true;

  get asKafka(): Kafka {
    const admin = {
      connect: () => (this.isReachable ? Promise.resolve() : Promise.reject(new Error('connection refused'))),
      disconnect: () => Promise.resolve(),
      fetchTopicOffsets: () =>
        Promise.resolve(
          this.partitions.map(({ low, times }, partition) => ({
            partition,
            low: String(low),
            high: String(low + times.length),
          })),
        ),
      fetchOffsets: () =>
        Promise.resolve([
          {
            topic,
            partitions: this.partitions.map(({ committed }, partition) => ({
              partition,
              offset: String(committed),
            })),
          },
        ]),
      fetchTopicOffsetsByTimestamp: (_: string, timestamp: number) => {
        this.searches += 1;
        return Promise.resolve(
          this.partitions.map(({ low, times }, partition) => {
            const index = times.findIndex((time) => time >= timestamp);
            return { partition, offset: String(low + (index < 0 ? times.length : index)) };
          }),
        );
      },
    };
    return { admin: () => admin } as unknown as Kafka;
  }
}

describe('topics that no consumer reads', () => {
  let nowMs: number;
  let kafka: FakeTopic;
  let topics: UnreadTopics;

  beforeEach(() => {
    nowMs = 1_000 * day;
    kafka = new FakeTopic();
    topics = new UnreadTopics(kafka.asKafka, () => nowMs);
  });

  afterEach(() => {
    topics.remove(topic);
  });

  async function reportedMs(): Promise<number | undefined> {
    const metric = await register.getSingleMetric('kafka_consumer_oldest_unacked_age_seconds')?.get();
    const age = metric?.values.find(({ labels }) => labels['topic'] === topic)?.value;
    return age === undefined ? undefined : age * 1_000;
  }

  const ago = (...ages: number[]): number[] => ages.map((age) => nowMs - age);

  it.each([30 * minute, day, 16 * day, 45 * day])(
    'report the age of the oldest record that is not committed: %i ms',
    async (age) => {
      kafka.partitions.push(
        { low: 0, times: ago(50 * day, 49 * day, age, minute), committed: 2 },
        { low: 70, times: ago(50 * day, age / 2), committed: 71 },
        { low: 5, times: ago(50 * day), committed: 6 },
        { low: 0, times: [], committed: -1 },
      );
      await topics.report(group);
      expect(Math.abs(((await reportedMs()) ?? 0) - age)).toBeLessThanOrEqual(minute);
    },
  );

  it('start at the oldest remaining record if nothing was committed, or retention has passed the committed offset', async () => {
    kafka.partitions.push({ low: 10, times: ago(3 * day, day), committed: -1 });
    await topics.report(group);
    expect(Math.abs(((await reportedMs()) ?? 0) - 3 * day)).toBeLessThanOrEqual(minute);
    kafka.partitions[0] = { low: 11, times: ago(day), committed: 4 };
    await topics.report(group);
    expect(Math.abs(((await reportedMs()) ?? 0) - day)).toBeLessThanOrEqual(minute);
  });

  it('report 0 if everything is committed', async () => {
    kafka.partitions.push({ low: 3, times: ago(day), committed: 4 });
    await topics.report(group);
    expect(await reportedMs()).toBe(0);
  });

  it('are searched once while nothing is read, and their age grows', async () => {
    kafka.partitions.push({ low: 0, times: ago(day), committed: 0 });
    await topics.report(group);
    const { searches } = kafka;
    expect(searches).toBeLessThan(40);
    kafka.partitions[0]?.times.push(nowMs);
    nowMs += day;
    await topics.report(group);
    expect(kafka.searches).toBe(searches + 1);
    expect(Math.abs(((await reportedMs()) ?? 0) - 2 * day)).toBeLessThanOrEqual(minute);
  });

  it('are searched again if another topic has the same name and offsets', async () => {
    kafka.partitions.push({ low: 0, times: ago(20 * day), committed: -1 });
    await topics.report(group);
    kafka.partitions[0] = { low: 0, times: ago(day), committed: -1 };
    await topics.report(group);
    expect(Math.abs(((await reportedMs()) ?? 0) - day)).toBeLessThanOrEqual(minute);
  });

  it('are reported with a growing age even while Kafka is unavailable', async () => {
    kafka.partitions.push({ low: 0, times: ago(day), committed: 0 });
    await topics.report(group);
    nowMs += day;
    kafka.isReachable = false;
    await expect(topics.report(group)).rejects.toThrow('Kafka cannot be reached');
    expect(Math.abs(((await reportedMs()) ?? 0) - 2 * day)).toBeLessThanOrEqual(minute);
  });

  it('are no longer reported after they were removed', async () => {
    kafka.partitions.push({ low: 0, times: ago(day), committed: 0 });
    await topics.report(group);
    topics.remove(topic);
    expect(await reportedMs()).toBeUndefined();
  });
});
