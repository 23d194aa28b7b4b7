import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lookupTake(key: string, requests: number, intervalMs: number, burstMs: number): Result<number, Context>;
    lookupPause(key: string, pauseMs: number, burstMs: number): Result<number, Context>;
  }
}

/**
 * RevenueCat takes 480 requests a minute per key (https://www.revenuecat.com/docs/api-v2, domain Customer Information):
 * 400, and 40 more after a rest, leave room for others who use the key.
 */
const requestsPerMinute = 400;
const burst = 40;
const intervalMs = 60_000 / requestsPerMinute;

/** The generic cell rate algorithm: the key holds the time at which everything taken so far is paid off. */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local paidOff = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1] * ARGV[2]
if paidOff - now > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', paidOff), 'PX', string.format('%.0f', paidOff - now + 1))
return 1
`;

const pauseScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local paidOff = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + ARGV[1] + ARGV[2])
redis.call('SET', KEYS[1], string.format('%.0f', paidOff), 'PX', string.format('%.0f', paidOff - now + 1))
return 1
`;

/** How many requests all mappers together may make with a project's key. */
export class LookupBudget {
  constructor(private readonly redis: RedisClient) {
    redis.defineCommand('lookupTake', { numberOfKeys: 1, lua: takeScript });
    redis.defineCommand('lookupPause', { numberOfKeys: 1, lua: pauseScript });
  }

  async take(projectId: string, requests: number): Promise<boolean> {
    return (
      (await this.redis.lookupTake(budgetKey(projectId), requests, intervalMs, burst * intervalMs)) === 1
    );
  }

  /** Nothing may be asked for so long. */
  async pause(projectId: string, pauseMs: number): Promise<void> {
    await this.redis.lookupPause(budgetKey(projectId), pauseMs, burst * intervalMs);
  }
}

const budgetKey = (projectId: string): string => `lookup:budget:${projectId}`;
