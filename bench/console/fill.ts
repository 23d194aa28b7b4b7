import { type ConsumedRecord, topicNames } from '@app/kafka';
import { createLogger } from '@app/platform';
import { Database } from '../../apps/console/src/read-model/database';
import { ReadModel } from '../../apps/console/src/read-model/read-model';
import { recordsOfEvent } from './events';

export interface FillProgress {
  events: number;
  /** Since the last line: by the clock, and by the processor time that was had of it. */
  eventsPerSecond: number;
  eventsPerProcessorSecond: number;
  /** Resident memory of the process that fills. */
  memoryBytes: number;
  fileBytes: number;
}

/** As many as a partition hands over at once. */
const recordsAtOnce = 250;
const spanMs = 6.5 * 86_400_000;

/** Takes events in as the console does: batch by batch, topic by topic, partition by partition. */
export function fill(
  file: string,
  count: number,
  endMs: number,
  onProgress: (filled: FillProgress) => void,
): void {
  const topics = topicNames();
  const model = new ReadModel(new Database(file), {
    topics,
    defaultProjectId: 'default',
    logger: createLogger('bench', 'warn'),
  });
  const waiting = new Map<string, ConsumedRecord[]>();
  const put = (record: ConsumedRecord | undefined): void => {
    if (record === undefined) return;
    const name = `${record.topic}/${record.partition}`;
    const batch = waiting.get(name) ?? [];
    batch.push(record);
    waiting.set(name, batch);
    if (batch.length < recordsAtOnce) return;
    waiting.delete(name);
    const took = taking(model, batch);
    busy.ms += took.ms;
    busy.processorMs += took.processorMs;
  };
  const step = count / 10;
  let busy = { ms: 0, processorMs: 0 };
  for (let i = 0; i < count; i += 1) {
    const { event, delivery, receipts, deadLetter } = recordsOfEvent(
      i,
      topics,
      endMs - spanMs,
      spanMs / count,
    );
    for (const record of [event, delivery, ...receipts, deadLetter]) put(record);
    if ((i + 1) % step !== 0) continue;
    onProgress({
      events: i + 1,
      eventsPerSecond: step / (busy.ms / 1_000),
      eventsPerProcessorSecond: step / (busy.processorMs / 1_000),
      memoryBytes: process.memoryUsage().rss,
      fileBytes: bytesOf(model),
    });
    busy = { ms: 0, processorMs: 0 };
  }
  for (const batch of waiting.values()) taking(model, batch);
  // The records were never in the Kafka that the console is going to see.
  model.db.run('DELETE FROM positions');
  model.db.close();
}

function taking(model: ReadModel, batch: readonly ConsumedRecord[]): { ms: number; processorMs: number } {
  const [first] = batch;
  if (first === undefined) return { ms: 0, processorMs: 0 };
  const begun = performance.now();
  const cpu = process.cpuUsage();
  model.apply(first.topic, first.partition, batch);
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - begun, processorMs: (user + system) / 1_000 };
}

function bytesOf({ db }: ReadModel): number {
  return (
    db.get<{ bytes: number }>(
      'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
    )?.bytes ?? 0
  );
}
