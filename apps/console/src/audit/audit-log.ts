import { type RecordProducer, type TopicNames } from '@app/kafka';
import { ServiceUnavailableException } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type ConsoleConfig } from '../console.config';
import { accessOf } from '../auth/access';
import { type AuditEntry } from './audit-entry';

/** What is written before the change: a change that nobody could account for is not made. */
export class AuditLog {
  constructor(
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly topics: TopicNames,
    private readonly config: Pick<ConsoleConfig, 'CONSOLE_TOKEN'>,
  ) {}

  /** Writes what is about to be done, and does it. */
  async around<T>(
    request: FastifyRequest,
    entry: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
    change: () => T | Promise<T>,
  ): Promise<T> {
    const access = accessOf(request, this.config.CONSOLE_TOKEN, Date.now());
    const who = access.kind === 'granted' ? access.name : 'unknown';
    await this.write({ who, from: request.ip, ...entry });
    try {
      return await change();
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      await this.write({ who, from: request.ip, ...entry, failure });
      throw error;
    }
  }

  async write(entry: Omit<AuditEntry, 'atMs'>): Promise<void> {
    const value = JSON.stringify({ atMs: Date.now(), ...entry } satisfies AuditEntry);
    try {
      await this.producer.send([{ topic: this.topics.audit, key: entry.target, value }]);
    } catch (error) {
      throw new ServiceUnavailableException(
        'Kafka takes no records at the moment, so nothing was changed. Try again when it is back.',
        { cause: error },
      );
    }
  }
}
