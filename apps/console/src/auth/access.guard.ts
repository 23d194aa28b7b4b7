import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { AccessControl } from './access-control';
import { FailedSignIns } from './failed-sign-ins';

/** By the route as it is declared, never by the URL as it is written. */
const openRoutes = new Set(['/api/session', '/api/openapi.json']);

/** All of the API but signing in is for those who are signed in. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly access: AccessControl,
    private readonly failures: FailedSignIns,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith('/api/') || openRoutes.has(route)) return true;
    const access = this.access.of(request);
    switch (access.kind) {
      case 'granted':
        return true;
      case 'not_signed_in':
        if (access.isWrongToken) await this.failures.count(request);
        throw new UnauthorizedException('Sign in first.');
      case 'refused':
        throw new ForbiddenException(access.detail);
    }
  }
}
