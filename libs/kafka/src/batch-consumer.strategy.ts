import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom, throwError, type Observable } from 'rxjs';
import { type BatchHandler } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';

export interface BatchConsumerStrategyOptions extends Omit<
  BatchConsumerOptions,
  'topic' | 'groupId' | 'handler'
> {
  /** Prefix of each pattern. */
  topicPrefix: string;
  groupOf: (topic: string) => string;
  /** Starts without waiting for the first attempt to join, for an app that is useful without Kafka. */
  joinsInBackground?: true;
}

/**
 * NestJS transport for whole batches: `@EventPattern(topic)` receives a {@link ConsumedBatch}.
 * NestJS's own ServerKafka passes one message at a time (nestjs/nest#9455).
 */
export class BatchConsumerStrategy extends Server implements CustomTransportStrategy {
  private consumers: BatchConsumer[] = [];

  constructor(private readonly options: BatchConsumerStrategyOptions) {
    super();
  }

  /** Why a consumer is not working, for the readiness check. */
  readonly problem = (): string | undefined =>
    this.consumers.length === 0
      ? 'not consuming yet'
      : this.consumers.find(({ problem }) => problem !== undefined)?.problem;

  async listen(callback: (error?: unknown) => void): Promise<void> {
    const { topicPrefix, groupOf } = this.options;
    this.consumers = [...this.messageHandlers.keys()].map((pattern) => {
      const topic = topicPrefix + pattern;
      const handler = this.createHandler(pattern);
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
    throw new Error('The batch consumer does not support on(). Use its readiness check and metrics.');
  }

  unwrap(): never {
    throw new Error('The batch consumer does not support unwrap(). Use its readiness check and metrics.');
  }

  private createHandler(pattern: string): BatchHandler {
    return async (batch) => {
      const handle = this.messageHandlers.get(pattern);
      if (handle === undefined) throw new Error(`${batch.topic} has no handler @EventPattern("${pattern}").`);
      const result = this.transformToObservable(await handle(batch)) as Observable<void>;
      await lastValueFrom(result, { defaultValue: undefined });
    };
  }
}

/** Passes a handler's error to the consumer unchanged; NestJS would replace it by "Internal server error". */
@Catch()
export class RethrowExceptionFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
