import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    profileJoin(
      key: string,
      ttlMs: number,
      renewAfterMs: number,
      firstOrderKey: string,
      ...registers: string[]
    ): Result<[before: string[], mustRenew: number, orderKey: string], Context>;
    profileEmpty(key: string, ttlMs: number): Result<number, Context>;
    profileTrim(key: string, ...registers: string[]): Result<number, Context>;
  }
}

/**
 * Joins registers into a profile (domain/registers.ts). A profile that was merged into another accepts only a forward: the
 * writer finds the existing forward in the reply, and follows it.
 */
const joinScript = `
-- KEYS[1]  hash of the profile
-- ARGV[1]  lifetime of the profile in ms
-- ARGV[2]  age in ms after which the pointers to the profile are renewed
-- ARGV[3]  order key of a profile that has none
-- ARGV[4..] field and value of each register
-- returns  the hash before the call, 1 if the caller must renew the pointers or 0, the register k after the call
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
local function wins(field, value, old)
  if field == 'k' then return newer(old, value) end
  return newer(value, old)
end
local before = redis.call('HGETALL', KEYS[1])
local has = {}
for i = 1, #before, 2 do has[before[i]] = before[i + 1] end
local changes = {}
local orderKey = has['k'] or ''
local function set(field, value)
  if field == 'k' then orderKey = value end
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end
for i = 4, #ARGV, 2 do
  local field, value, old = ARGV[i], ARGV[i + 1], has[ARGV[i]]
  local isAccepted = not has['>'] or field == '>'
  if isAccepted and (not old or wins(field, value, old)) then set(field, value) end
end
local mustRenew = 0
if not has['>'] and ARGV[4] ~= '>' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if has['r'] and now - tonumber(has['r']) > tonumber(ARGV[2]) then mustRenew = 1 end
  if mustRenew == 1 or not has['r'] then set('r', string.format('%.0f', now)) end
  if orderKey == '' then set('k', string.format('%.0f:', now) .. ARGV[3]) end
end
for i = 1, #changes, 2000 do
  redis.call('HSET', KEYS[1], unpack(changes, i, math.min(i + 1999, #changes)))
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return { before, mustRenew, orderKey }
`;

/** Removes everything but the forward from a profile that was merged into another. */
const emptyScript = `
-- KEYS[1]  hash of the profile
-- ARGV[1]  lifetime of the forward in ms
-- returns  1, or 0 if the profile has no forward and was left unchanged
local forward = redis.call('HGET', KEYS[1], '>')
if not forward then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], '>', forward)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`;

/** Removes registers that exceed the limits, except those that have been written meanwhile: a newer value may be within them. */
const trimScript = `
-- KEYS[1]  hash of the profile
-- ARGV     field and value of each register
-- returns  number of registers that were removed
local removed = 0
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed
`;

/** Adds the commands of this file to a connection. */
export function defineProfileScripts(redis: RedisClient): void {
  redis.defineCommand('profileJoin', { numberOfKeys: 1, lua: joinScript });
  redis.defineCommand('profileEmpty', { numberOfKeys: 1, lua: emptyScript });
  redis.defineCommand('profileTrim', { numberOfKeys: 1, lua: trimScript });
}
