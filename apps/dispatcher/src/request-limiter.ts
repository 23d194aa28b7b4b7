import { type RedisClient } from '@app/platform';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** One limit of requests per second for each project, shared by all dispatchers through Redis. */
export class RequestLimiter {
  private readonly byLimit = new Map<number, RateLimiterRedis>();

  constructor(private readonly redis: RedisClient) {
    // The first limiter defines a Redis command that pipelines started earlier would lack.
    this.limiterFor(1);
  }

  /** Reserves one request. Returns 0, or the number of milliseconds after which to try again. */
  async take(projectId: string, perSecond: number): Promise<number> {
    try {
      await this.limiterFor(perSecond).consume(projectId);
      return 0;
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
      throw rejection;
    }
  }

  private limiterFor(perSecond: number): RateLimiterRedis {
    const existing = this.byLimit.get(perSecond);
    if (existing !== undefined) return existing;
    const limiter = new RateLimiterRedis({
      storeClient: this.redis,
      keyPrefix: 'request-limit',
      points: perSecond,
      duration: 1,
    });
    this.byLimit.set(perSecond, limiter);
    return limiter;
  }
}
