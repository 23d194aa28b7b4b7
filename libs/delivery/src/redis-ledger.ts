import { type Cluster, type Redis, type Result } from 'ioredis';
import { type ClaimResult, deliveredMark, leaseValue, ledgerKey, readClaim } from './domain/ledger';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    ledgerSettle(key: string, lease: string, mark: string, windowMs: number): Result<0 | 1, Context>;
    ledgerRelease(key: string, lease: string): Result<0 | 1, Context>;
    ledgerExtend(key: string, lease: string, leaseMs: number): Result<0 | 1, Context>;
  }
}

const ifOurs = (then: string): string =>
  `if redis.call('GET', KEYS[1]) == ARGV[1] then ${then} return 1 end return 0`;

export interface LedgerOptions {
  /** How long an owner may be silent before another takes the event over. Redis's clock, never ours. */
  leaseMs: number;
  /** How long a delivered event id is remembered. */
  windowMs: number;
}

/**
 * The idempotency ledger in Redis: `ledger:<project>:<event id>`, absent → leased → delivered.
 * Every command touches one key, so Redis Cluster works; commands of one turn of the event loop travel together
 * (ioredis auto-pipelining), so a batch costs one round trip.
 */
export class RedisLedger {
  constructor(
    private readonly redis: Redis | Cluster,
    private readonly options: LedgerOptions,
  ) {
    redis.defineCommand('ledgerSettle', {
      numberOfKeys: 1,
      lua: ifOurs(`redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])`),
    });
    redis.defineCommand('ledgerRelease', { numberOfKeys: 1, lua: ifOurs(`redis.call('DEL', KEYS[1])`) });
    redis.defineCommand('ledgerExtend', {
      numberOfKeys: 1,
      lua: ifOurs(`redis.call('PEXPIRE', KEYS[1], ARGV[2])`),
    });
  }

  async claim(projectId: string, eventId: string, token: string): Promise<ClaimResult> {
    const key = ledgerKey(projectId, eventId);
    const previous = await this.redis.set(key, leaseValue(token), 'PX', this.options.leaseMs, 'NX', 'GET');
    return readClaim(previous, token);
  }

  /** After Statsig's acceptance. False: the lease had been taken over, so Statsig may get the event twice. */
  async settle(projectId: string, eventId: string, token: string): Promise<boolean> {
    const key = ledgerKey(projectId, eventId);
    return (
      (await this.redis.ledgerSettle(key, leaseValue(token), deliveredMark, this.options.windowMs)) === 1
    );
  }

  /** After a failed attempt, so that nobody has to wait for the lease to run out. */
  async release(projectId: string, eventId: string, token: string): Promise<void> {
    await this.redis.ledgerRelease(ledgerKey(projectId, eventId), leaseValue(token));
  }

  /** False: the lease is no longer ours; do not send. */
  async extend(projectId: string, eventId: string, token: string): Promise<boolean> {
    return (
      (await this.redis.ledgerExtend(
        ledgerKey(projectId, eventId),
        leaseValue(token),
        this.options.leaseMs,
      )) === 1
    );
  }
}
