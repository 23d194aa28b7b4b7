import { hostname, userInfo } from 'node:os';
import { type RecordProducer, type TopicNames } from '@app/kafka';
import type { AuditEntry } from '../../apps/console/src/audit/audit-entry';

/** Writes to the audit log what is about to be done. Throws if that is not possible: then it must not be done. */
export async function writeAudit(
  producer: Pick<RecordProducer, 'send'>,
  topics: Pick<TopicNames, 'audit'>,
  entry: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
): Promise<void> {
  const whole: AuditEntry = {
    atMs: Date.now(),
    who: 'command line',
    from: `${userInfo().username}@${hostname()}`,
    ...entry,
  };
  await producer.send([{ topic: topics.audit, key: entry.target, value: JSON.stringify(whole) }]);
}
