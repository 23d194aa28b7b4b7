import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom, throwError, type Observable } from 'rxjs';
import { type BatchHandler } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';

/**
 * NestJS transport for whole batches: `@EventPattern(topic)` receives a {@link ConsumedBatch}.
 * NestJS's own ServerKafka hands over one message at a time (nestjs/nest#9455).
 */
export class BatchConsumerStrategy extends Server implements CustomTransportStrategy {
  private consumer: BatchConsumer | undefined;
  private readonly further = new Map<string, Set<string>>();

  constructor(
    private readonly options: Omit<BatchConsumerOptions, 'handlers'> & {
      /** Put before each pattern. */ topicPrefix: string;
    },
  ) {
    super();
  }

  /** What keeps this consumer from working, for the readiness check. */
  readonly problem = (): string | undefined =>
    this.consumer?.joined === true
      ? undefined
      : `not a member of the consumer group ${this.options.groupId} yet`;

  async listen(callback: (error?: unknown) => void): Promise<void> {
    const handlers = new Map(
      [...this.messageHandlers.keys()].flatMap((pattern) => {
        const topics = this.further.has(pattern) ? [] : [this.options.topicPrefix + pattern];
        return topics.map((topic) => [topic, this.handlerOf(pattern)]);
      }),
    );
    for (const [pattern, topics] of this.further) {
      for (const topic of topics) handlers.set(topic, this.handlerOf(pattern));
    }
    this.consumer = new BatchConsumer({ ...this.options, handlers });
    try {
      await this.consumer.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Has `@EventPattern(pattern)` receive what these topics hold, instead of a topic of the pattern's own name. */
  async follow(pattern: string, topics: readonly string[]): Promise<void> {
    const known = this.further.get(pattern) ?? new Set();
    const added = topics.filter((topic) => !known.has(topic));
    this.further.set(pattern, known.union(new Set(added)));
    if (added.length > 0) await this.consumer?.follow(added, this.handlerOf(pattern));
  }

  private handlerOf(pattern: string): BatchHandler {
    return async (batch) => {
      const handle = this.messageHandlers.get(pattern);
      if (handle === undefined) throw new Error(`No @EventPattern("${pattern}") handles ${batch.topic}.`);
      const result = this.transformToObservable(await handle(batch)) as Observable<void>;
      await lastValueFrom(result, { defaultValue: undefined });
    };
  }

  async close(): Promise<void> {
    await this.consumer?.close();
  }

  on(): never {
    throw new Error('The batch consumer has no events of its own: watch its readiness and metrics.');
  }

  unwrap(): never {
    throw new Error('The batch consumer is not handed out: what it offers is its readiness and its metrics.');
  }
}

/** Hands a stage's error to the consumer as it is; NestJS would replace it by "Internal server error". */
@Catch()
export class PassErrorsOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
