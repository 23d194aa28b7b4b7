import { hash } from 'node:crypto';

/**
 * Names a customer's id where the id itself must not be kept: in the audit log, which outlives the customer. Whoever has a
 * candidate for the id can check it, and nobody can read it.
 */
export function customerHash(projectId: string, id: string): string {
  return hash('sha256', `${projectId}\n${id}`);
}
