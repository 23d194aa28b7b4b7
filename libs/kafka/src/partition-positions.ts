import { type Admin } from 'kafkajs';
import { type KafkaClient } from './connect';
import { fetchCommittedOffsets, fetchTopicOffsets } from './with-admin';

/** Begin and end of a partition's log, and a group's committed offset in it. */
export interface PartitionPosition {
  /** The offset of the first record. */
  low: number;
  /** The offset after the last record. */
  high: number;
  /** Undefined if the group has no committed offset. */
  committed: number | undefined;
}

/** Reads positions of one group in one topic. It has its own admin client, which a deleted topic makes unusable. */
export class PartitionPositions {
  private admin: Promise<Admin> | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly kafka: KafkaClient,
    private readonly groupId: string,
    private readonly topic: string,
  ) {}

  /** Positions by partition. Rejects if Kafka cannot be reached or the topic does not exist. */
  read(): Promise<Map<number, PartitionPosition>> {
    return this.request(async (admin) => {
      // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
      const ends = await fetchTopicOffsets(admin, this.topic);
      const committed = await fetchCommittedOffsets(admin, this.groupId, this.topic);
      return new Map(
        ends.map(({ partition, low, high }) => [
          partition,
          { low, high, committed: committed.get(partition) },
        ]),
      );
    });
  }

  /** Committed offsets by partition. Partitions without one are absent. */
  committed(): Promise<Map<number, number>> {
    return this.request((admin) => fetchCommittedOffsets(admin, this.groupId, this.topic));
  }

  /** Runs one request at a time, because a failure closes the shared admin client. */
  private request<T>(send: (admin: Admin) => Promise<T>): Promise<T> {
    const response = this.turn.then(() => this.requestNow(send));
    this.turn = response.catch(() => undefined);
    return response;
  }

  private async requestNow<T>(send: (admin: Admin) => Promise<T>): Promise<T> {
    this.admin ??= this.connect();
    try {
      return await send(await this.admin);
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
