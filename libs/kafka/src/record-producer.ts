import { setTimeout as delay } from 'node:timers/promises';
import { isTracing, type Logger, LogThrottle } from '@app/platform';
import { type Kafka } from 'kafkajs';
import { type KafkaClient } from './connect';
import { connectionProblem } from './connection-problem';
import { KafkaUnavailableError, RecordsRejectedError } from './kafka-errors';
import { type ProducedRecord } from './records';
import { TopicProducer } from './topic-producer';
import { sendTraced } from './traced-send';

export interface RecordProducerOptions {
  /** Time to wait for more records before each request, in ms: larger requests cost less. 0: this turn of the event loop. */
  lingerMs?: number;
  /** Acknowledgement timeout of a call, in ms. If absent, records are retried until they are written. */
  deadlineMs?: number;
  /** Creates a missing topic before its records are sent again. */
  onMissingTopic?: (topic: string) => Promise<void>;
}

const reconnectMs = 1_000;
const probeMs = 5_000;
/** One failed probe may be due to one broker of several. */
const maxFailedProbes = 2;
/** Time after which the connections of an idle producer are closed. */
const maxIdleMs = 300_000;
/** Maximum number of waiting records, if calls have a deadline. */
const maxWaitingRecords = 50_000;

/**
 * Writes records with acknowledgements from all in-sync replicas. Each topic has its own {@link TopicProducer}, so that a
 * topic that cannot be written does not delay writes to other topics.
 */
export class RecordProducer {
  private readonly topics = new Map<string, TopicProducer>();
  private readonly kafka: Kafka;
  private isReachable = false;
  private failedProbes = 0;
  private unreachable = 'Kafka cannot be reached';
  private readonly throttle = new LogThrottle(() => performance.now());
  private isClosing = false;
  private waitingRecords = 0;
  private idleTimer: NodeJS.Timeout | undefined;
  private probeTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly logger: Logger,
    private readonly options: RecordProducerOptions = {},
  ) {
    this.kafka = client.forProducing();
  }

  /** For the readiness check: undefined if Kafka responds and accepts records for at least one of the topics. */
  readonly problem = (): string | undefined => {
    if (!this.isReachable) return this.unreachable;
    const problems = [...this.topics.values()].map(({ problem }) => problem);
    return problems.includes(undefined) ? undefined : problems[0];
  };

  /** Resolves when a broker responds. From then on, Kafka is probed periodically. */
  async connect(): Promise<void> {
    this.idleTimer ??= setInterval(() => {
      this.closeIdle();
    }, maxIdleMs).unref();
    while (!this.isClosing && !(await this.responds())) await delay(reconnectMs, undefined, { ref: false });
    if (this.isClosing) return;
    this.probeTimer ??= setInterval(() => void this.responds(), probeMs).unref();
  }

  private async responds(): Promise<boolean> {
    const admin = this.client.forProducing().admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      await admin.describeCluster();
      if (!this.isReachable) this.logger.info('Kafka reached');
      this.isReachable = true;
      this.failedProbes = 0;
      this.throttle.reset();
      for (const topic of this.topics.values()) topic.clearProblemIfIdle();
    } catch (error) {
      this.logUnreachable(connectionProblem(error, this.client.saslMechanism), error);
      this.failedProbes += 1;
      if (this.failedProbes >= maxFailedProbes) this.isReachable = false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
    return this.isReachable;
  }

  private logUnreachable(problem: string, error: unknown): void {
    if (problem !== this.unreachable) this.throttle.reset();
    this.unreachable = problem;
    if (this.throttle.count(problem) === undefined) return;
    this.logger.warn({ err: error, problem }, 'failed to reach Kafka; retrying');
  }

  /** Writes queued records first, or rejects them if Kafka does not accept them now. */
  async disconnect(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.idleTimer);
    clearInterval(this.probeTimer);
    await Promise.all([...this.topics.values()].map((topic) => topic.close()));
  }

  /**
   * Resolves when all in-sync replicas have every record. Records of one partition are written in order, including those of
   * successive calls.
   *
   * Throws {@link RecordsRejectedError} if the broker permanently rejects some of the records, after all others were
   * written. Throws {@link KafkaUnavailableError} after the deadline, or if the producer is closed.
   */
  send(records: readonly ProducedRecord[]): Promise<void> {
    return isTracing() ? sendTraced(records, (traced) => this.write(traced)) : this.write(records);
  }

  private async write(records: readonly ProducedRecord[]): Promise<void> {
    const { deadlineMs } = this.options;
    if (this.isClosing) throw new KafkaUnavailableError('The producer is closed.');
    if (deadlineMs !== undefined && this.waitingRecords > maxWaitingRecords)
      throw new KafkaUnavailableError('Too many records are waiting for Kafka.');
    this.waitingRecords += records.length;
    try {
      const results = await Promise.allSettled(
        [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, members]) =>
          this.producerFor(topic).send(members, deadlineMs),
        ),
      );
      throwFailure(results);
    } finally {
      this.waitingRecords -= records.length;
    }
  }

  private producerFor(topic: string): TopicProducer {
    const existing = this.topics.get(topic);
    if (existing !== undefined) return existing;
    const producer = new TopicProducer({
      kafka: this.kafka,
      topic,
      lingerMs: this.options.lingerMs ?? 0,
      onMissingTopic: this.options.onMissingTopic,
      logger: this.logger,
    });
    this.topics.set(topic, producer);
    return producer;
  }

  private closeIdle(): void {
    for (const [topic, producer] of this.topics) {
      if (producer.idleMs < maxIdleMs) continue;
      this.topics.delete(topic);
      void producer.close();
    }
  }
}

function throwFailure(results: readonly PromiseSettledResult<void>[]): void {
  const errors = results.flatMap((result): Error[] =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  if (errors.length === 0) return;
  const rejected = errors.flatMap((error) => (error instanceof RecordsRejectedError ? error.rejected : []));
  const other = errors.find((error) => !(error instanceof RecordsRejectedError));
  throw other ?? new RecordsRejectedError(rejected);
}
