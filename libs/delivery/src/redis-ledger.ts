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
    ledgerClaim(...args: (string | number)[]): Result<(string | null | Error)[], Context>;
    ledgerSettle(...args: (string | number)[]): Result<(string | null | Error)[], Context>;
    ledgerRelease(...args: (string | number)[]): Result<number[], Context>;
  }
}

/** Every key by itself: that one is held, or cannot be read, says nothing of the others. */
const setEach = (condition: string): string => `
local before = {}
for i, key in ipairs(KEYS) do
  before[i] = redis.pcall('SET', key, ARGV[1], 'PX', ARGV[2], ${condition}'GET')
end
return before`;

const releaseEach = `
local released = {}
for i, key in ipairs(KEYS) do
  released[i] = redis.call('GET', key) == ARGV[1] and redis.call('DEL', key) or 0
end
return released`;

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

  /** Throws where none could be asked. Where some could not, those are `held`: they will be asked for again. */
  async claim(entries: readonly LedgerEntry[]): Promise<ClaimResult[]> {
    const lease = leaseValue(this.token);
    const before = await this.each(entries, (keys) =>
      this.redis.ledgerClaim(...keys, lease, this.options.leaseMs),
    );
    const failures = before.filter((previous) => previous instanceof Error);
    if (failures.length === before.length && failures[0] !== undefined) throw failures[0];
    return before.map((previous) => (previous instanceof Error ? 'held' : readClaim(previous, this.token)));
  }

  /**
   * After Statsig's acceptance. It is recorded whoever holds the lease, since it is true whoever does: an owner who
   * has taken over and not yet sent will find it. The answer tells whether anybody could have.
   * An error in the place of an entry: it is not known to be recorded; settle it again.
   */
  async settle(entries: readonly LedgerEntry[]): Promise<(SettleResult | Error)[]> {
    const before = await this.each(entries, (keys) =>
      this.redis.ledgerSettle(...keys, deliveredMark, this.options.windowMs),
    );
    return before.map((previous) =>
      previous instanceof Error ? previous : readSettle(previous, this.token),
    );
  }

  /** After a failed attempt, so that nobody has to wait for the lease to run out. What is another's stays. */
  async release(entries: readonly LedgerEntry[]): Promise<void> {
    const lease = leaseValue(this.token);
    const released = await this.each(entries, (keys) => this.redis.ledgerRelease(...keys, lease));
    const failure = released.find((one) => one instanceof Error);
    if (failure !== undefined) throw failure;
  }

  /** What the script answers for each entry, in order; the error of its command where that failed. */
  private async each<T>(
    entries: readonly LedgerEntry[],
    run: (keys: readonly (string | number)[]) => Promise<T[]>,
  ): Promise<(T | Error)[]> {
    const keys = entries.map(({ projectId, eventId }) => ledgerKey(projectId, eventId));
    const isCluster = this.redis instanceof Cluster;
    const answers = await Promise.all(
      inParts(keys, isCluster ? 1 : maxKeysPerCommand).map(async (part) => {
        try {
          return await run(isCluster ? part : [part.length, ...part]);
        } catch (error) {
          const failure = error instanceof Error ? error : new Error(String(error));
          return part.map(() => failure);
        }
      }),
    );
    return answers.flat();
  }
}

/** A script keeps Redis from everybody else while it runs: some milliseconds at most. */
const maxKeysPerCommand = 1_000;

function inParts<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}
