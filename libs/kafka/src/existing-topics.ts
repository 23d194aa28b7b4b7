import { type Admin } from 'kafkajs';
import { type KafkaClient } from './connect';

/** Lists topics. Rejects if Kafka cannot be reached or is electing leaders, which says nothing about any topic. */
export class ExistingTopics {
  private admin: Promise<Admin> | undefined;

  constructor(private readonly kafka: KafkaClient) {}

  async list(): Promise<ReadonlySet<string>> {
    this.admin ??= this.connect();
    try {
      return new Set(await (await this.admin).listTopics());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { admin } = this;
    this.admin = undefined;
    await admin?.then((one) => one.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { retries: 2 } });
    await admin.connect();
    return admin;
  }
}
