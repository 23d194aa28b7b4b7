import { type RedisClient } from '@app/platform';
import { Cluster, type Result } from 'ioredis';
import { ledgerSeconds } from './delivery.metrics';
import {
  type LeaseOwner,
  type ClaimResult,
  deliveredMark,
  ledgerKey,
  type LedgerRules,
  type MarkResult,
  markResult,
  parseState,
} from './domain/ledger';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    ledgerClaim(...args: (string | number)[]): Result<(number | Error)[], Context>;
    ledgerMarkDelivered(...args: (string | number)[]): Result<(string | null | Error)[], Context>;
    ledgerMarkMaybeDelivered(...args: (string | number)[]): Result<(number | Error)[], Context>;
    ledgerRelease(...args: (string | number)[]): Result<(number | Error)[], Context>;
  }
}

/**
 * The scripts implement the transitions of domain/ledger.ts, on the values described there.
 *
 * `#!lua` makes Redis check before a script runs whether it can write at all. A read-only replica, or a node that is out of
 * memory or cannot write to disk, rejects the whole script with an error that the connection sees (READONLY makes it
 * reconnect). An error of a single key is returned in its place and does not affect other keys.
 */
const shared = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function parseLease(value)
  return string.match(value, '^leased:(%S+) ?(%d*) ?(%S*) ?(.*)$')
end

local function withRedrive(maybe, redrive)
  if redrive == '' or redrive == '-' or string.find(maybe .. ' ', ' ' .. redrive .. ' ', 1, true) then return maybe end
  return maybe .. ' ' .. redrive
end

local function attempted(redrive, prior)
  return withRedrive(prior == '' and 'maybe' or prior, redrive)
end
`;

/**
 * KEYS     ledger keys
 * ARGV[1]  token of the process
 * ARGV[2]  lease in milliseconds
 * ARGV[3]  window in milliseconds
 * ARGV[4]  'retry' or 'dead_letter'
 * ARGV[5…] for each key, the dead letter that its record is a redrive of, or ''; optional
 * Returns  for each key, an index into claimResults, or an error
 */
const claimScript = `#!lua
${shared}
local token, leaseMs, windowMs, isDurable = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == 'dead_letter'
local ttlMs = isDurable and windowMs or leaseMs
local claimed, leasedElsewhere, delivered, maybeDelivered, abandoned = 0, 1, 2, 3, 4
local expiresAtMs = isDurable and string.format('%.0f', now() + leaseMs)

local function lease(redrive, prior)
  if not isDurable then return 'leased:' .. token end
  local value = 'leased:' .. token .. ' ' .. expiresAtMs .. ' ' .. (redrive == '' and '-' or redrive)
  return prior == '' and value or value .. ' ' .. prior
end

local function claimExisting(key, value, redrive)
  if string.find(value, '^%d+$') then return delivered end
  local prior, notClaimed, isOurs = value, maybeDelivered, false
  local owner, expiry, redriven, beneath = parseLease(value)
  if owner then
    isOurs = owner == token
    if isOurs then
      prior = beneath
    elseif expiry == '' or now() < tonumber(expiry) then
      return leasedElsewhere
    else
      prior, notClaimed = attempted(redriven, beneath), abandoned
    end
  end
  if not isDurable or prior == '' or withRedrive(prior, redrive) ~= prior then
    redis.call('SET', key, lease(redrive, prior), 'PX', ttlMs)
    return claimed
  end
  if isOurs then redis.call('SET', key, prior, 'PX', windowMs) end
  return notClaimed
end

local results = {}
for i, key in ipairs(KEYS) do
  local redrive = ARGV[4 + i] or ''
  local before = redis.pcall('SET', key, lease(redrive, ''), 'NX', 'PX', ttlMs, 'GET')
  if type(before) == 'string' then
    results[i] = claimExisting(key, before, redrive)
  else
    results[i] = before or claimed
  end
end
return results`;

const claimResults: readonly ClaimResult[] = [
  'claimed',
  'leased_elsewhere',
  'delivered',
  'maybe_delivered',
  'abandoned',
];

/**
 * KEYS     ledger keys
 * ARGV[1]  mark of the process
 * ARGV[2]  window in milliseconds
 * Returns  for each key, its previous value, or an error
 */
const markDeliveredScript = `#!lua
local before = {}
for i, key in ipairs(KEYS) do
  before[i] = redis.pcall('SET', key, ARGV[1], 'PX', ARGV[2], 'GET')
end
return before`;

/**
 * KEYS     ledger keys
 * ARGV[1]  token of the process
 * ARGV[2]  window in milliseconds
 * ARGV[3…] for each key, the dead letter that its record is a redrive of, or ''; optional
 * Returns  for each key, 1 if it was marked, 0 if it is delivered or leased by another process, or an error
 */
const markMaybeDeliveredScript = `#!lua
${shared}
local token, windowMs = ARGV[1], ARGV[2]

local function mark(key, value, redrive)
  if string.find(value, '^%d+$') then return 0 end
  local maybe = value
  local owner, expiry, redriven, beneath = parseLease(value)
  if owner then
    if owner ~= token and (expiry == '' or now() < tonumber(expiry)) then return 0 end
    maybe = attempted(redriven, beneath)
  end
  redis.call('SET', key, withRedrive(maybe, redrive), 'PX', windowMs)
  return 1
end

local results = {}
for i, key in ipairs(KEYS) do
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then
    results[i] = value
  else
    results[i] = mark(key, value or 'maybe', ARGV[2 + i] or '')
  end
end
return results`;

/**
 * KEYS     ledger keys
 * ARGV[1]  token of the process
 * ARGV[2]  window in milliseconds
 * Returns  for each key, 1 if its lease was released, 0 if this process had no lease, or an error
 */
const releaseScript = `#!lua flags=allow-oom
${shared}
local token, windowMs = ARGV[1], ARGV[2]

local function release(key, value)
  local owner, _, _, prior = parseLease(value)
  if owner ~= token then return 0 end
  if prior == '' then
    redis.call('DEL', key)
  else
    redis.call('SET', key, prior, 'PX', windowMs)
  end
  return 1
end

local results = {}
for i, key in ipairs(KEYS) do
  local value = redis.pcall('GET', key)
  results[i] = type(value) == 'table' and value or release(key, value or '')
end
return results`;

export interface LedgerOptions extends LedgerRules {
  /** Time for which a delivered or maybe delivered event id is remembered, in milliseconds. */
  windowMs: number;
}

/** An event id of a project, and the redrive of its record, if any. */
export interface LedgerEntry {
  projectId: string;
  eventId: string;
  /** Position of the dead letter (`<topic>/<partition>/<offset>`) if the record is a redrive of it. */
  redriveOf?: string | undefined;
}

/** Label of the metrics. */
type Operation = 'claim' | 'mark_delivered' | 'mark_maybe_delivered' | 'release';

/**
 * The idempotency ledger in Redis, with one key for each event id: `ledger:<project>:<event id>`. All times are Redis's clock.
 * A call runs one script for every 1,000 entries; on Redis Cluster, where a script is bound to one slot, one script for every
 * entry, pipelined. Every call can be repeated. Results are in the order of the entries.
 */
export class RedisLedger {
  private readonly mark: number;

  /** @param token identifies this process as the owner of leases; no spaces */
  constructor(
    private readonly redis: RedisClient,
    private readonly token: string,
    private readonly options: LedgerOptions,
  ) {
    this.mark = deliveredMark(token);
    // On a cluster, ioredis selects the node by the first argument, so the number of keys must not be the first one.
    const keys = redis instanceof Cluster ? { numberOfKeys: 1 } : {};
    redis.defineCommand('ledgerClaim', { ...keys, lua: claimScript });
    redis.defineCommand('ledgerMarkDelivered', { ...keys, lua: markDeliveredScript });
    redis.defineCommand('ledgerMarkMaybeDelivered', { ...keys, lua: markMaybeDeliveredScript });
    redis.defineCommand('ledgerRelease', { ...keys, lua: releaseScript });
  }

  /**
   * Must not be called for an event of which this process has an attempt in flight or unmarked: see `claim` in
   * domain/ledger.ts. Throws if all entries failed. If only some failed, those are `leased_elsewhere`.
   */
  async claim(entries: readonly LedgerEntry[]): Promise<ClaimResult[]> {
    const { leaseMs, windowMs, onAmbiguous } = this.options;
    const results = await this.each('claim', entries, (keys, part) =>
      this.redis.ledgerClaim(...keys, this.token, leaseMs, windowMs, onAmbiguous, ...redrivesOf(part)),
    );
    const failures = results.filter((result) => result instanceof Error);
    if (failures.length === results.length && failures[0] !== undefined) throw failures[0];
    return results.map((result) =>
      result instanceof Error ? 'leased_elsewhere' : (claimResults[result] ?? 'leased_elsewhere'),
    );
  }

  /**
   * To be called after Statsig has accepted the events. An entry whose result is an error may not be marked: mark it again.
   */
  async markDelivered(entries: readonly LedgerEntry[]): Promise<(MarkResult | Error)[]> {
    const before = await this.each('mark_delivered', entries, (keys) =>
      this.redis.ledgerMarkDelivered(...keys, this.mark, this.options.windowMs),
    );
    return entries.map((entry, i) => {
      const value = before[i] ?? null;
      return value instanceof Error ? value : markResult(parseState(value), this.owner(entry));
    });
  }

  /**
   * To be called after the dead letter of an ambiguous attempt, or of an `abandoned` event, was written, and before its offset
   * is acknowledged. In another order, a crash could lose the event. Throws if any entry failed; mark all of them again.
   */
  async markMaybeDelivered(entries: readonly LedgerEntry[]): Promise<void> {
    const results = await this.each('mark_maybe_delivered', entries, (keys, part) =>
      this.redis.ledgerMarkMaybeDelivered(...keys, this.token, this.options.windowMs, ...redrivesOf(part)),
    );
    throwFirst(results);
  }

  /**
   * To be called if no attempt has reached Statsig, so that others need not wait until the lease expires. Throws if any
   * entry failed.
   */
  async release(entries: readonly LedgerEntry[]): Promise<void> {
    const results = await this.each('release', entries, (keys) =>
      this.redis.ledgerRelease(...keys, this.token, this.options.windowMs),
    );
    throwFirst(results);
  }

  private owner({ redriveOf }: LedgerEntry): LeaseOwner {
    return { token: this.token, redriveOf: redriveOf === undefined ? undefined : asWord(redriveOf) };
  }

  /** Runs a script for all entries. Returns the result of each entry in order, or the error of its command. */
  private async each<T>(
    operation: Operation,
    entries: readonly LedgerEntry[],
    run: (keys: readonly (string | number)[], part: readonly LedgerEntry[]) => Promise<T[]>,
  ): Promise<(T | Error)[]> {
    const isCluster = this.redis instanceof Cluster;
    const startedMs = performance.now();
    const keysPerCommand = isCluster ? 1 : maxKeysPerCommand;
    const parts = Map.groupBy(entries, (_, i) => Math.floor(i / keysPerCommand));
    const results = await Promise.all(
      [...parts.values()].map(async (part) => {
        const keys = part.map(({ projectId, eventId }) => ledgerKey(projectId, eventId));
        try {
          return await run(isCluster ? keys : [keys.length, ...keys], part);
        } catch (error) {
          const failure = error instanceof Error ? error : new Error(String(error));
          return part.map(() => failure);
        }
      }),
    );
    const all = results.flat();
    const result = all.some((one) => one instanceof Error) ? 'error' : 'ok';
    ledgerSeconds.observe({ operation, result }, (performance.now() - startedMs) / 1_000);
    return all;
  }
}

function redrivesOf(entries: readonly LedgerEntry[]): string[] {
  if (entries.every(({ redriveOf }) => redriveOf === undefined)) return [];
  return entries.map(({ redriveOf = '' }) => asWord(redriveOf));
}

/** Encodes spaces, which separate the parts of a value: the header of a record may contain anything. */
function asWord(redriveOf: string): string {
  return encodeURI(redriveOf.toWellFormed());
}

function throwFirst(results: readonly unknown[]): void {
  const failure = results.find((result) => result instanceof Error);
  if (failure !== undefined) throw failure;
}

/** Keeps a script within a few milliseconds, during which Redis runs no other command. */
const maxKeysPerCommand = 1_000;
