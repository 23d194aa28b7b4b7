import { type RecordProducer, type TopicNames } from '@app/kafka';
import { type DeadLetters, type DeadLetterSelection } from './dead-letters';
import { type Redrive } from './redrive-view';
import { redrivenRecord } from './redriven-record';

const recordsAtOnce = 200;
const remembered = 20;

/** Sends dead letters on their way again, one selection at a time. */
export class Redrives {
  private readonly all: Redrive[] = [];

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly producer: Pick<RecordProducer, 'send'>,
    private readonly topics: TopicNames,
  ) {}

  get running(): Redrive | undefined {
    return this.all.find(({ state }) => state === 'running');
  }

  get(id: number): Redrive | undefined {
    return this.all.find((redrive) => redrive.id === id);
  }

  /** Newest first. */
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
      state: 'running',
      failure: null,
    };
    this.all.push(redrive);
    this.all.splice(0, this.all.length - remembered);
    void this.work(redrive);
    return redrive;
  }

  /** Up to the dead letters that were there when it began: one that fails again is a new one. */
  private async work(redrive: Redrive): Promise<void> {
    try {
      for (let afterId = 0; redrive.done < redrive.total;) {
        const limit = Math.min(recordsAtOnce, redrive.total - redrive.done);
        const kept = this.deadLetters.redrivable(redrive.selection, afterId, limit);
        if (kept.length === 0) break;
        await this.producer.send(kept.map((record) => redrivenRecord(record, this.topics)));
        redrive.done += kept.length;
        afterId = kept.at(-1)?.id ?? afterId;
      }
      redrive.state = 'finished';
    } catch (error) {
      redrive.state = 'failed';
      redrive.failure = error instanceof Error ? error.message : String(error);
    }
  }
}
