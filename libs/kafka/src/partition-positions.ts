import { type Admin } from 'kafkajs';
import { type KafkaClient } from './connect';

/** Where a partition's log begins and ends, and where a group is in it. */
export interface PartitionPosition {
  /** The oldest record that is kept. */
  low: number;
  /** The offset after the last record. */
  high: number;
  /** Undefined if the group has committed nothing. */
  committed: number | undefined;
}

/** Reads positions of one group in one topic. The admin object is for this topic alone: a deleted topic makes it useless. */
export class PartitionPositions {
  private admin: Promise<Admin> | undefined;

  constructor(
    private readonly kafka: KafkaClient,
    private readonly groupId: string,
    private readonly topic: string,
  ) {}

  /** By partition. Rejects if Kafka cannot be reached, or the topic does not exist. */
  async read(): Promise<Map<number, PartitionPosition>> {
    this.admin ??= this.connect();
    try {
      const admin = await this.admin;
      const [ends, committed] = await Promise.all([
        admin.fetchTopicOffsets(this.topic),
        admin.fetchOffsets({ groupId: this.groupId, topics: [this.topic] }),
      ]);
      const offsets = new Map(
        committed.flatMap(({ partitions }) =>
          partitions.map(({ partition, offset }) => [partition, Number(offset)]),
        ),
      );
      return new Map(
        ends.map(({ partition, low, high }) => {
          const offset = offsets.get(partition) ?? -1;
          const position = { low: Number(low), high: Number(high), committed: offset < 0 ? undefined : offset };
          return [partition, position];
        }),
      );
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const admin = this.admin;
    this.admin = undefined;
    await admin?.then((one) => one.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { retries: 2 } });
    await admin.connect();
    return admin;
  }
}
