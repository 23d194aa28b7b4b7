import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    profileJoin(
      key: string,
      ttlMs: number,
      renewAfterMs: number,
      ...registers: string[]
    ): Result<[before: string[], mustRenew: number], Context>;
    profileEmpty(key: string, ttlMs: number): Result<number, Context>;
  }
}

/**
 * Of each register the newer value stands. A profile that has moved takes nothing more: the writer sees where to, and
 * follows. Answers the hash as it was before, and whether it is time to renew the pointers to it.
 * See domain/registers.ts.
 */
const joinScript = `
local function newer(a, b)
  if a == b then return false end
  local atA, valueA = string.match(a, '^(%d*):?(.*)$')
  local atB, valueB = string.match(b, '^(%d*):?(.*)$')
  if atA ~= atB then return (tonumber(atA) or 0) > (tonumber(atB) or 0) end
  for i = 1, math.min(#valueA, #valueB) do
    local x, y = string.byte(valueA, i), string.byte(valueB, i)
    if x ~= y then return x > y end
  end
  return #valueA > #valueB
end
local before = redis.call('HGETALL', KEYS[1])
local has = {}
for i = 1, #before, 2 do has[before[i]] = before[i + 1] end
local changes = {}
for i = 3, #ARGV, 2 do
  local old = has[ARGV[i]]
  local isTaken = not has['>'] or ARGV[i] == '>'
  if isTaken and (not old or newer(ARGV[i + 1], old)) then
    changes[#changes + 1] = ARGV[i]
    changes[#changes + 1] = ARGV[i + 1]
  end
end
local mustRenew = 0
if not has['>'] and ARGV[3] ~= '>' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if has['r'] and now - tonumber(has['r']) > tonumber(ARGV[2]) then mustRenew = 1 end
  if mustRenew == 1 or not has['r'] then
    changes[#changes + 1] = 'r'
    changes[#changes + 1] = string.format('%.0f', now)
  end
end
for i = 1, #changes, 2000 do
  redis.call('HSET', KEYS[1], unpack(changes, i, math.min(i + 1999, #changes)))
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return { before, mustRenew }
`;

/** Of a profile that has moved only the way to where it went is left. */
const emptyScript = `
local forward = redis.call('HGET', KEYS[1], '>')
if not forward then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], '>', forward)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`;

/** Teaches a connection the commands of this folder. */
export function defineProfileScripts(redis: RedisClient): void {
  redis.defineCommand('profileJoin', { numberOfKeys: 1, lua: joinScript });
  redis.defineCommand('profileEmpty', { numberOfKeys: 1, lua: emptyScript });
}
