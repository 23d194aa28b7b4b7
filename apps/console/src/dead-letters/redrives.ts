import {
  type ProducedRecord,
  type RecordProducer,
  RecordsRejectedError,
  type RedriveContext,
} from '@app/kafka';
import { type Redrive } from '../../api/dead-letters';
import { type DeadLetters, type DeadLetterSelection, type StoredDeadLetter } from './dead-letters';
import { redriveRecord } from './redrive-record';

/** Limits of one batch, and so of the memory used. */
const recordsAtOnce = 200;
const bytesAtOnce = 4 * 1024 * 1024;
/** Redrives whose progress is kept. */
const maxRedrives = 20;

/** Redrives dead letters, one selection at a time. */
export class Redrives {
  private readonly all: Redrive[] = [];

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly producer: Pick<RecordProducer, 'send'>,
    /** Called at the start of each redrive. */
    private readonly context: () => Promise<RedriveContext>,
  ) {}

  get running(): Redrive | undefined {
    return this.all.find(({ state }) => state === 'running');
  }

  get(id: number): Redrive | undefined {
    return this.all.find((redrive) => redrive.id === id);
  }

  /** Returns the latest redrives, newest first. */
  list(): readonly Redrive[] {
    return this.all.toReversed();
  }

  begin(selection: DeadLetterSelection, nowMs: number): Redrive {
    const redrive: Redrive = {
      id: (this.all.at(-1)?.id ?? 0) + 1,
      selection,
      startedAtMs: nowMs,
      total: this.deadLetters.countRedrivable(selection),
      done: 0,
      excluded: 0,
      state: 'running',
      failure: null,
    };
    this.all.push(redrive);
    this.all.splice(0, this.all.length - maxRedrives);
    void this.run(redrive);
    return redrive;
  }

  /** Stops after the number of dead letters that existed at the start, because an event that fails again adds a new one. */
  private async run(redrive: Redrive): Promise<void> {
    const reasons = new Map<string, number>();
    try {
      const context = await this.context();
      let afterId = 0;
      for (;;) {
        const limit = Math.min(recordsAtOnce, redrive.total - redrive.done - redrive.excluded);
        const deadLetters =
          limit > 0 ? this.deadLetters.redrivable(redrive.selection, afterId, limit, bytesAtOnce) : [];
        if (deadLetters.length === 0) break;
        const excluded = await this.send(deadLetters, context);
        for (const reason of excluded) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        redrive.excluded += excluded.length;
        redrive.done += deadLetters.length - excluded.length;
        afterId = deadLetters.at(-1)?.id ?? afterId;
      }
      redrive.state = 'finished';
      redrive.failure = sentence(reasons);
    } catch (error) {
      redrive.state = 'failed';
      redrive.failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** Sends the records, and returns one reason for each record that could not be sent. */
  private async send(deadLetters: readonly StoredDeadLetter[], context: RedriveContext): Promise<string[]> {
    const results = deadLetters.map((record) => redriveRecord(record, context));
    const records = results.flatMap((result): ProducedRecord[] =>
      result.kind === 'record' ? [result.record] : [],
    );
    const unknown = results.flatMap((result) =>
      result.kind === 'unknown_project' ? [result.projectId] : [],
    );
    const rejected = await this.producer.send(records).then(
      () => 0,
      (error: unknown) => {
        if (error instanceof RecordsRejectedError) return error.rejected.length;
        throw error;
      },
    );
    return [
      ...unknown.map((projectId) => `project "${projectId}" has no integration: add it first`),
      ...Array<string>(rejected).fill('larger than Kafka accepts (TOPIC_MAX_MESSAGE_BYTES)'),
    ];
  }
}

function sentence(reasons: ReadonlyMap<string, number>): string | null {
  if (reasons.size === 0) return null;
  return `Not sent: ${[...reasons].map(([reason, count]) => `${count} (${reason})`).join(', ')}.`;
}
