import { type Admin, type Kafka } from 'kafkajs';

export interface Backlog {
  topic: string;
  partition: number;
  /** Uncommitted records. */
  waiting: number;
  /** Offset after the last record. */
  end: number;
}

/** Asks how much a consumer group has still before it. */
export class GroupBacklog {
  private readonly admin: Admin;
  private connected: Promise<void> | undefined;

  constructor(
    kafka: Kafka,
    private readonly groupId: string,
  ) {
    this.admin = kafka.admin();
  }

  /** Of every partition of these topics, which must exist. */
  async of(topics: readonly string[]): Promise<Backlog[]> {
    if (topics.length === 0) return [];
    await (this.connected ??= this.admin.connect());
    const committed = await this.admin.fetchOffsets({ groupId: this.groupId, topics: [...topics] });
    const backlogs = await Promise.all(
      topics.map(async (topic) => {
        const offsets = new Map(
          committed
            .find((one) => one.topic === topic)
            ?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
        );
        const places = await this.admin.fetchTopicOffsets(topic);
        return places.map(({ partition, high, low }) => ({
          topic,
          partition,
          waiting: Number(high) - Math.max(offsets.get(partition) ?? -1, Number(low)),
          end: Number(high),
        }));
      }),
    );
    return backlogs.flat();
  }

  async close(): Promise<void> {
    if (this.connected !== undefined) await this.admin.disconnect();
  }
}
