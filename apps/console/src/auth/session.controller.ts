import { randomUUID } from 'node:crypto';
import { equalSecrets } from '@app/integrations';
import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UnauthorizedException,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type SessionView, sessionView } from '../../api/session';
import { AuditLog } from '../audit/audit-log';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { ApiResponses } from '../http/api-responses';
import { sessionCookie } from './access';
import { AccessControl } from './access-control';
import { FailedSignIns } from './failed-sign-ins';
import { sealSession } from './session';
import { Sessions } from './sessions';

/** Names with a special meaning in the audit log. */
const reservedNames = new Set(['token', 'this machine', 'unknown', 'command line']);

const signIn = z.strictObject({
  token: z.string().max(1_000),
  name: z
    .string()
    .normalize('NFKC')
    .trim()
    .max(80)
    .regex(/^\P{C}*$/u, 'A name must not contain control characters or invisible characters.')
    .refine((name) => !reservedNames.has(name.toLowerCase()), 'This name is reserved.')
    .default(''),
});

@ApiTags('session')
@Controller('api/session')
export class SessionController {
  constructor(
    @Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig,
    private readonly access: AccessControl,
    private readonly sessions: Sessions,
    private readonly failures: FailedSignIns,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Show who is signed in' })
  @ApiResponses({ description: 'The session', schema: sessionView }, [429])
  async show(@Req() request: FastifyRequest): Promise<SessionView> {
    const access = this.access.of(request);
    if (access.kind === 'not_signed_in' && access.isWrongToken) await this.failures.count(request);
    return {
      isSignedIn: access.kind === 'granted',
      isTokenNeeded: this.config.CONSOLE_TOKEN !== undefined,
      ...(access.kind === 'granted' && { name: access.name }),
    };
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in: exchange the token for a cookie' })
  @ApiResponses({ description: 'Signed in', schema: sessionView }, [400, 401, 403, 413, 429])
  async signIn(
    @Body({ schema: signIn }) { token, name }: z.output<typeof signIn>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const {
      CONSOLE_TOKEN: expected,
      CONSOLE_SESSION_LIFETIME: lifetimeMs,
      CONSOLE_SECURE_COOKIE: secure,
    } = this.config;
    const access = this.access.of(request);
    if (access.kind === 'rejected') throw new ForbiddenException(access.detail);
    if (expected === undefined) return this.show(request);
    if (!equalSecrets(token, expected)) {
      await this.failures.count(request);
      throw new UnauthorizedException(
        "This is not the console's token. The token is the value of CONSOLE_TOKEN.",
      );
    }
    const who = name === '' ? 'unnamed' : name;
    // Signing in works without Kafka, because the pages still show what was read before.
    await this.audit.note({ who, from: request.ip, action: 'sign_in', target: 'console' });
    const session = { id: randomUUID(), name: who, expiresAtMs: Date.now() + lifetimeMs };
    void reply.setCookie(sessionCookie, sealSession(session, expected), {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure,
      maxAge: Math.floor(lifetimeMs / 1_000),
    });
    return { isSignedIn: true, isTokenNeeded: true, name: who };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign out: end the session and its event streams' })
  @ApiResponses({ status: 204, description: 'Signed out' }, [403])
  async signOut(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const access = this.access.of(request);
    if (access.kind === 'rejected') throw new ForbiddenException(access.detail);
    void reply.clearCookie(sessionCookie, { path: '/' });
    if (access.kind !== 'granted' || access.session === undefined) return;
    this.sessions.signOut(access.session, Date.now());
    await this.audit.note({ who: access.name, from: request.ip, action: 'sign_out', target: 'console' });
  }
}
