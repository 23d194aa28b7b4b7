import { type RecordProducer, type TopicNames } from '@app/kafka';
import { ServiceUnavailableException } from '@nestjs/common';
import { type Logger } from '@app/platform';
import { type FastifyRequest } from 'fastify';
import { type AccessControl } from '../auth/access-control';
import { withinDeadline } from '../http/deadline';
import { type AuditEntry } from './audit-entry';

/** What is written before the change: a change that nobody could account for is not made. */
export class AuditLog {
  constructor(
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly topics: TopicNames,
    private readonly access: AccessControl,
    private readonly logger: Logger,
  ) {}

  /** Writes what is about to be done, and does it. */
  async around<T>(
    request: FastifyRequest,
    entry: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
    change: () => T | Promise<T>,
  ): Promise<T> {
    const who = this.access.nameOf(request);
    await this.write({ who, from: request.ip, ...entry });
    try {
      return await change();
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      await this.write({ who, from: request.ip, ...entry, failure });
      throw error;
    }
  }

  /** Of what changes nothing: if it cannot be written, it is logged. */
  async note(entry: Omit<AuditEntry, 'atMs'>): Promise<void> {
    try {
      await this.write(entry);
    } catch (error) {
      this.logger.warn({ err: error, entry }, 'failed to write an audit record');
    }
  }

  /** Throws with status 503 if it cannot be written. */
  async write(entry: Omit<AuditEntry, 'atMs'>): Promise<void> {
    const value = JSON.stringify({ atMs: Date.now(), ...entry } satisfies AuditEntry);
    try {
      await withinDeadline(
        'Kafka',
        this.producer.send([{ topic: this.topics.audit, key: entry.target, value }]),
      );
    } catch (error) {
      throw new ServiceUnavailableException(
        'Kafka accepts no records, so it could not be recorded who does this, and nothing was done. Try again when Kafka is available.',
        { cause: error },
      );
    }
  }
}
