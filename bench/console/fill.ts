import { type ConsumedRecord, topicNames } from '@app/kafka';
import { createLogger } from '@app/platform';
import { Database } from '../../apps/console/src/read-model/database';
import { ReadModel } from '../../apps/console/src/read-model/read-model';
import { recordsOfEvent } from './events';

export interface FillProgress {
  events: number;
  /** Since the last line, by wall-clock time and by processor time. */
  eventsPerSecond: number;
  eventsPerProcessorSecond: number;
  /** Resident memory of this process. */
  memoryBytes: number;
  fileBytes: number;
}

/** The console's maximum batch size. */
const recordsAtOnce = 250;
const spanMs = 6.5 * 86_400_000;

export interface FillRange {
  /** The first event. @default 0 */
  from?: number;
  /** The number of events after the last one of this call. */
  to: number;
  /** Number of events between the oldest and `endMs`. @default to */
  total?: number;
  endMs: number;
}

/** Applies events as the console does, in batches of one partition. */
export function fill(
  file: string,
  { from = 0, to, total = to, endMs }: FillRange,
  onProgress: (filled: FillProgress) => void,
): void {
  const topics = topicNames();
  const model = new ReadModel(new Database(file), {
    topics,
    defaultProjectId: 'default',
    logger: createLogger('bench', 'warn'),
  });
  const waiting = new Map<string, ConsumedRecord[]>();
  const add = (record: ConsumedRecord | undefined): void => {
    if (record === undefined) return;
    const name = `${record.topic}/${record.partition}`;
    const batch = waiting.get(name) ?? [];
    batch.push(record);
    waiting.set(name, batch);
    if (batch.length < recordsAtOnce) return;
    waiting.delete(name);
    const usage = applyTimed(model, batch);
    busy.ms += usage.ms;
    busy.processorMs += usage.processorMs;
  };
  const step = Math.ceil((to - from) / 10);
  let busy = { ms: 0, processorMs: 0 };
  for (let i = from; i < to; i += 1) {
    const { event, delivery, receipts, deadLetter } = recordsOfEvent(
      i,
      topics,
      endMs - spanMs,
      spanMs / total,
    );
    for (const record of [event, delivery, ...receipts, deadLetter]) add(record);
    if ((i + 1 - from) % step !== 0) continue;
    onProgress({
      events: i + 1,
      eventsPerSecond: step / (busy.ms / 1_000),
      eventsPerProcessorSecond: step / (busy.processorMs / 1_000),
      memoryBytes: process.memoryUsage().rss,
      fileBytes: bytesOf(model),
    });
    busy = { ms: 0, processorMs: 0 };
  }
  for (const batch of waiting.values()) applyTimed(model, batch);
  // The console must not skip records of Kafka because of positions of these records, which were never in Kafka.
  model.db.run('DELETE FROM positions');
  model.db.close();
}

function applyTimed(model: ReadModel, batch: readonly ConsumedRecord[]): { ms: number; processorMs: number } {
  const [first] = batch;
  if (first === undefined) return { ms: 0, processorMs: 0 };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  model.apply(first.topic, first.partition, batch);
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - startedAt, processorMs: (user + system) / 1_000 };
}

function bytesOf({ db }: ReadModel): number {
  return (
    db.get<{ bytes: number }>(
      'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
    )?.bytes ?? 0
  );
}
