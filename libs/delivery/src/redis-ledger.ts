import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';
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

/** Names one event id of one project. */
export interface LedgerEntry {
  projectId: string;
  eventId: string;
}

/**
 * The idempotency ledger in Redis: `ledger:<project>:<event id>`, absent → leased → delivered.
 * Every command touches one key, so Redis Cluster works; commands of one turn of the event loop travel together
 * (ioredis auto-pipelining), so a batch costs one round trip. Every command may be sent again without harm.
 */
export class RedisLedger {
  /** @param token names this process among the owners of leases */
  constructor(
    private readonly redis: RedisClient,
    private readonly token: string,
    private readonly options: LedgerOptions,
  ) {
    redis.defineCommand('ledgerRelease', { numberOfKeys: 1, lua: ifOurs(`redis.call('DEL', KEYS[1])`) });
    redis.defineCommand('ledgerExtend', {
      numberOfKeys: 1,
      lua: ifOurs(`redis.call('PEXPIRE', KEYS[1], ARGV[2])`),
    });
  }

  async claim({ projectId, eventId }: LedgerEntry): Promise<ClaimResult> {
    const key = ledgerKey(projectId, eventId);
    const { leaseMs } = this.options;
    return readClaim(
      await this.redis.set(key, leaseValue(this.token), 'PX', leaseMs, 'NX', 'GET'),
      this.token,
    );
  }

  /**
   * After Statsig's acceptance. It is recorded whoever holds the lease, since it is true whoever does: an owner who
   * has taken over and not yet sent will find it. The answer tells whether anybody could have.
   */
  async settle({ projectId, eventId }: LedgerEntry): Promise<SettleResult> {
    const key = ledgerKey(projectId, eventId);
    const { windowMs } = this.options;
    return readSettle(await this.redis.set(key, deliveredMark, 'PX', windowMs, 'GET'), this.token);
  }

  /** After a failed attempt, so that nobody has to wait for the lease to run out. */
  async release({ projectId, eventId }: LedgerEntry): Promise<void> {
    await this.redis.ledgerRelease(ledgerKey(projectId, eventId), leaseValue(this.token));
  }

  /** False: the lease is no longer ours; do not send. */
  async extend({ projectId, eventId }: LedgerEntry): Promise<boolean> {
    const key = ledgerKey(projectId, eventId);
    return (await this.redis.ledgerExtend(key, leaseValue(this.token), this.options.leaseMs)) === 1;
  }
}
