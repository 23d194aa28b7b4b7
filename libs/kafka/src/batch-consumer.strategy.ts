import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom, throwError, type Observable } from 'rxjs';
import { type ConsumedBatch } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';

/**
 * NestJS transport for whole batches: `@EventPattern(topic)` receives a {@link ConsumedBatch}.
 * NestJS's own ServerKafka hands over one message at a time (nestjs/nest#9455).
 */
export class BatchConsumerStrategy extends Server implements CustomTransportStrategy {
  private consumer: BatchConsumer | undefined;

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
      [...this.messageHandlers].map(([pattern, handle]) => [
        this.options.topicPrefix + pattern,
        async (batch: ConsumedBatch): Promise<void> => {
          await lastValueFrom(this.transformToObservable(await handle(batch)) as Observable<void>, {
            defaultValue: undefined,
          });
        },
      ]),
    );
    this.consumer = new BatchConsumer({ ...this.options, handlers });
    try {
      await this.consumer.start();
      callback();
    } catch (error) {
      callback(error);
    }
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
