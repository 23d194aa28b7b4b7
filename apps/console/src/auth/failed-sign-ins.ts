import { isIPv6 } from 'node:net';
import { type Logger } from '@app/platform';
import { HttpException, HttpStatus } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type AuditLog } from '../audit/audit-log';

/** Maximum number of audit records per minute, for all clients together. */
const auditedPerMinute = 60;

/**
 * Counts wrong tokens by client. Only wrong tokens are limited: the right token is always accepted, so no client can lock
 * out others, and a token is too long to be guessed at any rate.
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

  /** Throws with status 429 if the client has sent too many wrong tokens. */
  async count(request: FastifyRequest): Promise<void> {
    if (!(await isWithin(this.perClient, clientOf(request.ip)))) {
      throw new HttpException(
        'Too many attempts with a wrong token. The right token is still accepted.',
        HttpStatus.TOO_MANY_REQUESTS,
      );
    }
    if (!(await isWithin(this.audited, 'all'))) return;
    this.logger.warn({ from: request.ip }, 'sign-in rejected: wrong token');
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

/** Identifies a client by its IPv4 address or its IPv6 /64 network, because an IPv6 client usually has a whole /64. */
export function clientOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(ip)) return ip;
  const [before = '', after = ''] = ip.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const missing = ip.includes('::') ? 8 - groups.length - after.split(':').filter(Boolean).length : 0;
  return [...groups, ...Array<string>(missing).fill('0'), ...after.split(':')].slice(0, 4).join(':');
}
