import { hash } from 'node:crypto';

/**
 * Hash of a customer's id, for records that must not hold the id itself, such as the audit log, which outlives the
 * customer. A known id can be compared with the hash.
 */
export function customerHash(projectId: string, id: string): string {
  return hash('sha256', `${projectId}\n${id}`);
}
