import { hostname, userInfo } from 'node:os';
import { type RecordProducer, type TopicNames } from '@app/kafka';
import type { AuditEntry } from '../../apps/console/api/audit';

/** Writes an action to the audit log before it is performed. If this throws, the action must not be performed. */
export async function writeAudit(
  producer: Pick<RecordProducer, 'send'>,
  topics: Pick<TopicNames, 'audit'>,
  entry: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
): Promise<void> {
  const record: AuditEntry = {
    atMs: Date.now(),
    who: 'command line',
    from: `${userInfo().username}@${hostname()}`,
    ...entry,
  };
  await producer.send([{ topic: topics.audit, key: entry.target, value: JSON.stringify(record) }]);
}
