import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom, throwError, type Observable } from 'rxjs';
import { type BatchHandler } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';

export interface BatchConsumerStrategyOptions extends Omit<
  BatchConsumerOptions,
  'topic' | 'groupId' | 'handler'
> {
  /** Put before each pattern. */
  topicPrefix: string;
  groupOf: (topic: string) => string;
  /** The app is of use without Kafka: it does not wait for the first attempt to join. */
  joinsInBackground?: true;
}

/**
 * NestJS transport for whole batches: `@EventPattern(topic)` receives a {@link ConsumedBatch}.
 * NestJS's own ServerKafka hands over one message at a time (nestjs/nest#9455).
 */
export class BatchConsumerStrategy extends Server implements CustomTransportStrategy {
  private consumers: BatchConsumer[] = [];

  constructor(private readonly options: BatchConsumerStrategyOptions) {
    super();
  }

  /** What keeps a consumer from working, for the readiness check. */
  readonly problem = (): string | undefined =>
    this.consumers.length === 0
      ? 'not consuming yet'
      : this.consumers.find(({ problem }) => problem !== undefined)?.problem;

  async listen(callback: (error?: unknown) => void): Promise<void> {
    const { topicPrefix, groupOf } = this.options;
    this.consumers = [...this.messageHandlers.keys()].map((pattern) => {
      const topic = topicPrefix + pattern;
      const handler = this.handlerOf(pattern);
      return new BatchConsumer({ ...this.options, topic, groupId: groupOf(topic), handler });
    });
    const joined = Promise.all(this.consumers.map((consumer) => consumer.start()));
    if (this.options.joinsInBackground !== true) await joined;
    callback();
  }

  /** See {@link BatchConsumer.rereadLeft}. */
  rereadLeft(): void {
    for (const consumer of this.consumers) consumer.rereadLeft();
  }

  async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.close()));
  }

  on(): never {
    throw new Error('The batch consumer has no events of its own: watch its readiness and metrics.');
  }

  unwrap(): never {
    throw new Error('The batch consumer is not handed out: what it offers is its readiness and its metrics.');
  }

  private handlerOf(pattern: string): BatchHandler {
    return async (batch) => {
      const handle = this.messageHandlers.get(pattern);
      if (handle === undefined) throw new Error(`No @EventPattern("${pattern}") handles ${batch.topic}.`);
      const result = this.transformToObservable(await handle(batch)) as Observable<void>;
      await lastValueFrom(result, { defaultValue: undefined });
    };
  }
}

/** Hands a stage's error to the consumer as it is; NestJS would replace it by "Internal server error". */
@Catch()
export class PassErrorsOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
