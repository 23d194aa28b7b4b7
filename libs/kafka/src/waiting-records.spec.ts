import { type Kafka } from 'kafkajs';
import { type WaitingRecords, WaitingRecordsReader } from './waiting-records';

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

describe('the records that wait for a group', () => {
  let nowMs: number;
  let kafka: FakeTopic;
  let reader: WaitingRecordsReader;

  beforeEach(() => {
    nowMs = 1_000 * day;
    kafka = new FakeTopic();
    reader = new WaitingRecordsReader(kafka.asKafka, () => nowMs);
  });

  const read = async (): Promise<WaitingRecords | undefined> => (await reader.read([group])).get(group);
  const ageMs = async (): Promise<number> => nowMs - ((await read())?.oldestMs ?? NaN);
  const ago = (...ages: number[]): number[] => ages.map((age) => nowMs - age);

  it.each([30 * minute, day, 16 * day, 45 * day])(
    'are counted, and the oldest is found in all partitions: %i ms old',
    async (age) => {
      kafka.partitions.push(
        { low: 0, times: ago(50 * day, 49 * day, age, minute), committed: 2 },
        { low: 70, times: ago(50 * day, age / 2), committed: 71 },
        { low: 5, times: ago(50 * day), committed: 6 },
        { low: 0, times: [], committed: -1 },
      );
      expect((await read())?.count).toBe(3);
      expect(Math.abs((await ageMs()) - age)).toBeLessThanOrEqual(minute);
    },
  );

  it('begin at the oldest remaining record if nothing was committed, or retention has passed the committed offset', async () => {
    kafka.partitions.push({ low: 10, times: ago(3 * day, day), committed: -1 });
    expect(Math.abs((await ageMs()) - 3 * day)).toBeLessThanOrEqual(minute);
    kafka.partitions[0] = { low: 11, times: ago(day), committed: 4 };
    expect(Math.abs((await ageMs()) - day)).toBeLessThanOrEqual(minute);
  });

  it('are none if everything is committed', async () => {
    kafka.partitions.push({ low: 3, times: ago(day), committed: 4 });
    expect(await read()).toMatchObject({ count: 0, oldestMs: undefined });
    expect(kafka.searches).toBe(0);
  });

  it('are searched with one request while they are less than a minute old', async () => {
    kafka.partitions.push({ low: 0, times: ago(minute / 2), committed: 0 });
    expect(await ageMs()).toBe(0);
    expect(kafka.searches).toBe(1);
  });

  it('are searched once while nothing is read, and their age grows', async () => {
    kafka.partitions.push({ low: 0, times: ago(day), committed: 0 });
    await read();
    const { searches } = kafka;
    expect(searches).toBeLessThan(40);
    kafka.partitions[0]?.times.push(nowMs);
    nowMs += day;
    expect(Math.abs((await ageMs()) - 2 * day)).toBeLessThanOrEqual(minute);
    expect(kafka.searches).toBe(searches + 1);
    expect((await read())?.count).toBe(2);
  });

  it('are searched again if another topic has the same name and offsets', async () => {
    kafka.partitions.push({ low: 0, times: ago(20 * day), committed: -1 });
    await read();
    kafka.partitions[0] = { low: 0, times: ago(day), committed: -1 };
    expect(Math.abs((await ageMs()) - day)).toBeLessThanOrEqual(minute);
  });

  it('are unknown while Kafka is unavailable', async () => {
    kafka.partitions.push({ low: 0, times: ago(day), committed: 0 });
    kafka.isReachable = false;
    expect(await read()).toBeUndefined();
  });
});
