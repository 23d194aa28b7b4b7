import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Readiness } from './health';
import { LOGGER, type Logger } from './logging';
import { connectRedis, type RedisClient, type RedisConfig, type WhenUnavailable } from './redis';
import { redisReadiness } from './redis-suitability';

/** Injection token of the {@link RedisClient}. */
export const REDIS = Symbol('REDIS');
const REDIS_OPTIONS = Symbol('REDIS_OPTIONS');

interface RedisModuleOptions {
  /** `wait` by default. */
  whenUnavailable?: WhenUnavailable;
  /** Whether the app is ready only while Redis accepts writes. */
  isRequired: boolean;
  /** What the start of the app waits for, such as `requireSuitableRedis`. Nothing by default. */
  waitAtStart?: (redis: RedisClient) => Promise<void>;
}

/** The connection to Redis. It closes after every module that imports this one has stopped. */
@Module({})
export class RedisModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    @Inject(REDIS_OPTIONS) private readonly options: RedisModuleOptions,
    private readonly readiness: Readiness,
  ) {}

  static with(config: RedisConfig, options: RedisModuleOptions): DynamicModule {
    return {
      module: RedisModule,
      providers: [
        { provide: REDIS_OPTIONS, useValue: options },
        {
          provide: REDIS,
          useFactory: (logger: Logger) => connectRedis(config, logger, options.whenUnavailable),
          inject: [LOGGER],
        },
      ],
      exports: [REDIS],
    };
  }

  /** Before any module waits, so that an app that waits can report why. */
  onModuleInit(): void {
    if (this.options.isRequired) this.readiness.require('redis', redisReadiness(this.redis));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.options.waitAtStart?.(this.redis);
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
