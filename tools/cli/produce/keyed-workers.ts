import { partitionOf } from '@app/kafka';

/** Maximum number of items that wait for one worker. */
const maxWaiting = 16;

/** Works on several items at once, on those with the same key one after another. */
export class KeyedWorkers<T> {
  private readonly queues: Promise<void>[][];

  constructor(
    workers: number,
    private readonly work: (item: T) => Promise<void>,
  ) {
    this.queues = Array.from({ length: workers }, () => []);
  }

  /** Waits while too many items wait for the same worker. Rejects if the work on an earlier one failed. */
  async add(key: string, item: T): Promise<void> {
    const queue = this.queues[partitionOf(key, this.queues.length)] ?? [];
    const task = (queue.at(-1) ?? Promise.resolve()).then(() => this.work(item));
    // A failure is reported by a later `add`, or by `end`.
    task.catch(() => undefined);
    queue.push(task);
    if (queue.length > maxWaiting) await queue.shift();
  }

  /** Resolves when all work is done. */
  async end(): Promise<void> {
    await Promise.all(this.queues.flat());
  }
}
