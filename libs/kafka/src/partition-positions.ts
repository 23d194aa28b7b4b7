import { type Admin } from 'kafkajs';
import { type KafkaClient } from './connect';
import { fetchCommittedOffsets } from './with-admin';

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
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly kafka: KafkaClient,
    private readonly groupId: string,
    private readonly topic: string,
  ) {}

  /** By partition. Rejects if Kafka cannot be reached, or the topic does not exist. */
  read(): Promise<Map<number, PartitionPosition>> {
    return this.ask(async (admin) => {
      // One after the other: what is still running when the other fails would connect again after the disconnect.
      const ends = await admin.fetchTopicOffsets(this.topic);
      const committed = await fetchCommittedOffsets(admin, this.groupId, this.topic);
      return new Map(
        ends.map(({ partition, low, high }) => [
          partition,
          { low: Number(low), high: Number(high), committed: committed.get(partition) },
        ]),
      );
    });
  }

  /** The group's offset by partition; absent if it has committed none. */
  committed(): Promise<Map<number, number>> {
    return this.ask((admin) => fetchCommittedOffsets(admin, this.groupId, this.topic));
  }

  /** One after another: a failure closes the admin object that others would be using. */
  private ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const asked = this.turn.then(() => this.askNow(question));
    this.turn = asked.catch(() => undefined);
    return asked;
  }

  private async askNow<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.admin ??= this.connect();
    try {
      return await question(await this.admin);
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
