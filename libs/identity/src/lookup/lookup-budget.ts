import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lookupTake(key: string, requests: number, intervalMs: number, burstMs: number): Result<number, Context>;
    lookupPause(key: string, pauseMs: number, burstMs: number): Result<number, Context>;
  }
}

/**
 * RevenueCat accepts 480 requests a minute per key (https://www.revenuecat.com/docs/api-v2, domain Customer Information).
 * A rate of 400 a minute with a burst of 40 leaves some of them to other users of the key.
 */
const requestsPerMinute = 400;
const burst = 40;
const intervalMs = 60_000 / requestsPerMinute;

/** The generic cell rate algorithm, whose theoretical arrival time is in KEYS[1]. */
const takeScript = `
-- KEYS[1]  time in ms at which the budget is full again
-- ARGV[1]  number of requests
-- ARGV[2]  interval between requests in ms
-- ARGV[3]  burst in ms: how far the time in KEYS[1] may be ahead
-- returns  1 if the requests were taken, 0 if they exceed the budget
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fullAt = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1] * ARGV[2]
if fullAt - now > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', fullAt), 'PX', string.format('%.0f', fullAt - now + 1))
return 1
`;

const pauseScript = `
-- KEYS[1]  time in ms at which the budget is full again
-- ARGV[1]  length of the pause in ms
-- ARGV[2]  burst in ms, which must not be available before the pause ends
-- returns  1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fullAt = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + ARGV[1] + ARGV[2])
redis.call('SET', KEYS[1], string.format('%.0f', fullAt), 'PX', string.format('%.0f', fullAt - now + 1))
return 1
`;

/** Limits the requests that all mappers together make with a project's API key. */
export class LookupBudget {
  constructor(private readonly redis: RedisClient) {
    redis.defineCommand('lookupTake', { numberOfKeys: 1, lua: takeScript });
    redis.defineCommand('lookupPause', { numberOfKeys: 1, lua: pauseScript });
  }

  /** Returns false if the requests exceed the budget. */
  async take(projectId: string, requests: number): Promise<boolean> {
    return (
      (await this.redis.lookupTake(budgetKey(projectId), requests, intervalMs, burst * intervalMs)) === 1
    );
  }

  /** Allows no request until the pause is over. */
  async pause(projectId: string, pauseMs: number): Promise<void> {
    await this.redis.lookupPause(budgetKey(projectId), pauseMs, burst * intervalMs);
  }
}

const budgetKey = (projectId: string): string => `lookup:budget:${projectId}`;
