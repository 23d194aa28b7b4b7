import { type RedisClient } from '@app/platform';
import { Cluster, type Result } from 'ioredis';
import {
  type ClaimResult,
  deliveredMark,
  leaseValue,
  ledgerKey,
  readClaim,
  readSettle,
  type SettleResult,
} from './domain/ledger';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Keys, value, milliseconds to live: what stood at each key before. */
    ledgerClaim(...args: (string | number)[]): Result<(string | null)[], Context>;
    ledgerSettle(...args: (string | number)[]): Result<(string | null)[], Context>;
    ledgerRelease(...args: (string | number)[]): Result<null, Context>;
  }
}

/** Every key by itself: that one id is held says nothing of the others. */
const setEach = (condition: string): string => `
local before = {}
for i, key in ipairs(KEYS) do
  before[i] = redis.call('SET', key, ARGV[1], 'PX', ARGV[2], ${condition}'GET')
end
return before`;

const releaseEach = `
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
return nil`;

export interface LedgerOptions {
  /** How long an owner may be silent before another takes the event over. Redis's clock, never ours. */
  leaseMs: number;
  /** How long a delivered event id is remembered. */
  windowMs: number;
}

/** Names one event id of one project. */
export interface LedgerEntry {
  projectId: string;
  eventId: string;
}

/**
 * The idempotency ledger in Redis: `ledger:<project>:<event id>`, absent → leased → delivered.
 * The entries of a call go in one command or a few; on Redis Cluster, where keys live apart, in one each, which travel together.
 * Every call may be made again without harm, and answers are in the order of the entries.
 */
export class RedisLedger {
  /** @param token names this process among the owners of leases */
  constructor(
    private readonly redis: RedisClient,
    private readonly token: string,
    private readonly options: LedgerOptions,
  ) {
    // ioredis finds the node of a command by its first argument, so there the count of keys must not come first.
    const keys = redis instanceof Cluster ? { numberOfKeys: 1 } : {};
    redis.defineCommand('ledgerClaim', { ...keys, lua: setEach(`'NX', `) });
    redis.defineCommand('ledgerSettle', { ...keys, lua: setEach('') });
    redis.defineCommand('ledgerRelease', { ...keys, lua: releaseEach });
  }

  async claim(entries: readonly LedgerEntry[]): Promise<ClaimResult[]> {
    const lease = leaseValue(this.token);
    const before = await this.each(entries, (keys) =>
      this.redis.ledgerClaim(...keys, lease, this.options.leaseMs),
    );
    return before.map((previous) => readClaim(previous, this.token));
  }

  /**
   * After Statsig's acceptance. It is recorded whoever holds the lease, since it is true whoever does: an owner who
   * has taken over and not yet sent will find it. The answer tells whether anybody could have.
   */
  async settle(entries: readonly LedgerEntry[]): Promise<SettleResult[]> {
    const before = await this.each(entries, (keys) =>
      this.redis.ledgerSettle(...keys, deliveredMark, this.options.windowMs),
    );
    return before.map((previous) => readSettle(previous, this.token));
  }

  /** After a failed attempt, so that nobody has to wait for the lease to run out. What is another's stays. */
  async release(entries: readonly LedgerEntry[]): Promise<void> {
    const lease = leaseValue(this.token);
    await this.each(entries, async (keys) => {
      await this.redis.ledgerRelease(...keys, lease);
      return [];
    });
  }

  private async each<T>(
    entries: readonly LedgerEntry[],
    run: (keys: readonly (string | number)[]) => Promise<T[]>,
  ): Promise<T[]> {
    const keys = entries.map(({ projectId, eventId }) => ledgerKey(projectId, eventId));
    const commands =
      this.redis instanceof Cluster
        ? keys.map((key) => [key])
        : inParts(keys).map((part) => [part.length, ...part]);
    return (await Promise.all(commands.map(run))).flat();
  }
}

/** A script keeps Redis from everybody else while it runs: some milliseconds at most. */
const maxKeysPerCommand = 1_000;

function inParts(keys: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < keys.length; at += maxKeysPerCommand)
    parts.push(keys.slice(at, at + maxKeysPerCommand));
  return parts;
}
