import { isIPv6 } from 'node:net';
import { type Logger } from '@app/platform';
import { HttpException, HttpStatus } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type AuditLog } from '../audit/audit-log';

/** Written to the audit log in a minute, of all clients together. */
const auditedPerMinute = 60;

/**
 * Counts wrong tokens, by client. Only they are limited: the right token is accepted from every client at any time, so
 * nobody can keep others from signing in, and a token is too long to be guessed at any rate.
 */
export class FailedSignIns {
  private readonly perClient: RateLimiterMemory;
  private readonly audited = new RateLimiterMemory({ points: auditedPerMinute, duration: 60 });

  constructor(
    perMinute: number,
    private readonly audit: Pick<AuditLog, 'note'>,
    private readonly logger: Logger,
  ) {
    this.perClient = new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  /** Throws with status 429 if the client has sent too many. */
  async count(request: FastifyRequest): Promise<void> {
    if (!(await isWithin(this.perClient, clientOf(request.ip)))) {
      throw new HttpException(
        'Too many attempts to sign in with a wrong token. The right one is accepted.',
        HttpStatus.TOO_MANY_REQUESTS,
      );
    }
    if (!(await isWithin(this.audited, 'all'))) return;
    this.logger.warn({ from: request.ip }, 'sign-in refused: wrong token');
    void this.audit.note({
      who: 'unknown',
      from: request.ip,
      action: 'fail_to_sign_in',
      target: 'console',
    });
  }
}

async function isWithin(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  return limiter.consume(key).then(
    () => true,
    () => false,
  );
}

/** A client of IPv6 has at least a whole /64 of addresses. */
export function clientOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(ip)) return ip;
  const [before = '', after = ''] = ip.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const missing = ip.includes('::') ? 8 - groups.length - after.split(':').filter(Boolean).length : 0;
  return [...groups, ...Array<string>(missing).fill('0'), ...after.split(':')].slice(0, 4).join(':');
}
