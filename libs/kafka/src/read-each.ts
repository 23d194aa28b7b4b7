import { type Admin, type Kafka } from 'kafkajs';
import { withAdmin } from './with-admin';

/**
 * Runs `work` for each item, and omits the items for which it fails.
 *
 * All items share one admin client at first. A topic that does not exist makes that client fail for other topics too, so
 * each failed item is read again with its own admin client.
 */
export async function readEach<K, V>(
  kafka: Kafka,
  items: readonly K[],
  work: (admin: Admin, item: K) => Promise<V>,
): Promise<Map<K, V>> {
  const found = new Map<K, V>();
  const readWith = async (admin: Admin, item: K): Promise<void> => {
    found.set(item, await work(admin, item));
  };
  if (items.length > 1) {
    await withAdmin(kafka, (admin) => Promise.allSettled(items.map((item) => readWith(admin, item))));
  }
  const failed = items.filter((item) => !found.has(item));
  await Promise.allSettled(failed.map((item) => withAdmin(kafka, (admin) => readWith(admin, item))));
  return found;
}
