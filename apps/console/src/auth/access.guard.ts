import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type ConsoleConfig } from '../console.config';
import { CONSOLE_CONFIG } from '../tokens';
import { accessOf } from './access';

/** By the route as it is declared, never by the URL as it is written. */
const openRoutes = new Set(['/api/session', '/api/openapi.json']);

/** All of the API but signing in is for those who are signed in. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(@Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith('/api/') || openRoutes.has(route)) return true;
    const access = accessOf(request, this.config.CONSOLE_TOKEN, Date.now());
    switch (access.kind) {
      case 'granted':
        return true;
      case 'not_signed_in':
        throw new UnauthorizedException('Sign in first.');
      case 'refused':
        throw new ForbiddenException(access.detail);
    }
  }
}
