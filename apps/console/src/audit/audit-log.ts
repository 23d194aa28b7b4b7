import { type RecordProducer, type TopicNames } from '@app/kafka';
import { ServiceUnavailableException } from '@nestjs/common';
import { type Logger } from '@app/platform';
import { type FastifyRequest } from 'fastify';
import { type AuditEntry } from '../../api/audit';
import { type AccessControl } from '../auth/access-control';
import { withinDeadline } from '../http/deadline';

/** Writes audit records. A change is made only after its record is in Kafka. */
export class AuditLog {
  constructor(
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly topics: TopicNames,
    private readonly access: AccessControl,
    private readonly logger: Logger,
  ) {}

  /** Writes the audit record, then makes the change. If the change fails, writes a second record with the failure. */
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

  /** For actions that change nothing: if the record cannot be written, it is logged instead. */
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
        'Kafka is unavailable, so the action could not be recorded in the audit log, and nothing was done. Try again when Kafka is available.',
        { cause: error },
      );
    }
  }
}
