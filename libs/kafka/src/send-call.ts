import { KafkaUnavailableError, RecordsRejectedError, type RejectedRecord } from './kafka-errors';
import { type ProducedRecord } from './records';

/** A call to send records. It ends when each of them is acknowledged or rejected, or at its deadline. */
export class SendCall {
  private readonly rejected: RejectedRecord[] = [];
  private readonly outcome = Promise.withResolvers<undefined>();
  private readonly timer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  /**
   * @param unwritten number of records
   * @param deadlineMs maximum duration of the call; undefined: unlimited
   * @param problem called at the deadline: why Kafka does not accept records, if it is known
   */
  constructor(
    private unwritten: number,
    deadlineMs: number | undefined,
    problem: () => KafkaUnavailableError | undefined,
  ) {
    if (deadlineMs === undefined) return;
    this.timer = setTimeout(() => {
      const late = `Kafka did not acknowledge the records within ${deadlineMs} ms.`;
      const cause = problem();
      this.fail(
        cause === undefined
          ? new KafkaUnavailableError(late)
          : new KafkaUnavailableError(`${late} ${cause.message}`, { cause }),
      );
    }, deadlineMs);
  }

  /** Throws {@link RecordsRejectedError} or {@link KafkaUnavailableError}. */
  get done(): Promise<void> {
    return this.outcome.promise;
  }

  /** Whether the caller has its result. Unwritten records are no longer needed then. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** One of the records was acknowledged. */
  acknowledge(): void {
    this.unwritten -= 1;
    if (this.unwritten > 0 || this.hasEnded) return;
    this.end();
    if (this.rejected.length === 0) this.outcome.resolve(undefined);
    else this.outcome.reject(new RecordsRejectedError(this.rejected));
  }

  rejectRecord(record: ProducedRecord): void {
    this.rejected.push({ record, reason: 'too_large' });
    this.acknowledge();
  }

  fail(error: KafkaUnavailableError): void {
    this.end();
    this.outcome.reject(error);
  }

  private end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
  }
}
