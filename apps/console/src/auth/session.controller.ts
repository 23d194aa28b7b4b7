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
import { AuditLog } from '../audit/audit-log';
import { type ConsoleConfig } from '../console.config';
import { Answers } from '../http/answers';
import { CONSOLE_CONFIG } from '../tokens';
import { accessOf, sessionCookie } from './access';
import { isCrossSiteChange } from './request-origin';
import { equalSecrets, sealSession } from './session';
import { type SessionView, sessionView } from './session-view';

const signIn = z.strictObject({
  token: z.string().max(1_000),
  name: z.string().trim().max(80).default(''),
});

@ApiTags('session')
@Controller('api/session')
export class SessionController {
  constructor(
    @Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Who is signed in' })
  @Answers({ description: 'The session', schema: sessionView }, [429])
  show(@Req() request: FastifyRequest): SessionView {
    const access = accessOf(request, this.config.CONSOLE_TOKEN, Date.now());
    return {
      isSignedIn: access.kind === 'granted',
      isTokenNeeded: this.config.CONSOLE_TOKEN !== undefined,
      ...(access.kind === 'granted' && { name: access.name }),
    };
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in: exchanges the token for a cookie' })
  @Answers({ description: 'Signed in', schema: sessionView }, [400, 401, 403, 429, 503])
  async signIn(
    @Body({ schema: signIn }) { token, name }: z.output<typeof signIn>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const { CONSOLE_TOKEN: expected, CONSOLE_SESSION_MS, CONSOLE_SECURE_COOKIE: secure } = this.config;
    if (isCrossSiteChange(request.method, request.headers)) throw new ForbiddenException();
    if (expected === undefined) return this.show(request);
    if (!equalSecrets(token, expected)) {
      throw new UnauthorizedException('This is not the console’s token. It is what CONSOLE_TOKEN is set to.');
    }
    const who = name === '' ? 'somebody' : name;
    await this.audit.write({ who, from: request.ip, action: 'sign_in', target: 'console' });
    const session = { name: who, expiresAtMs: Date.now() + CONSOLE_SESSION_MS };
    void reply.setCookie(sessionCookie, sealSession(session, expected), {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure,
      maxAge: Math.floor(CONSOLE_SESSION_MS / 1_000),
    });
    return { isSignedIn: true, isTokenNeeded: true, name: who };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign out' })
  @Answers({ status: 204, description: 'Signed out' }, [429])
  signOut(@Res({ passthrough: true }) reply: FastifyReply): void {
    void reply.clearCookie(sessionCookie, { path: '/' });
  }
}
