import { ForbiddenException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { AccessControl } from './access-control';
import { FailedSignIns } from './failed-sign-ins';

/** By the route as it is declared, never by the URL as it is written. */
const openRoutes = new Set(['/api/session', '/api/openapi.json']);
/** Of a sign-in: the longest token and name as JSON. One that arrives byte by byte takes some hundred times as much memory. */
const maxOpenBodyBytes = 2 * 1024;

/**
 * All of the API but signing in is for those who are signed in. Others are refused before their body is read: guards of
 * Nest are called afterwards.
 */
export function requireSignIn(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const access = app.get(AccessControl);
  const failures = app.get(FailedSignIns);
  fastify.addHook('onRoute', (route) => {
    if (openRoutes.has(route.url)) route.bodyLimit = maxOpenBodyBytes;
  });
  fastify.addHook('onRequest', async (request: FastifyRequest) => {
    if (request.is404) throw new NotFoundException(`Cannot ${request.method} ${request.url}`);
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith('/api/') || openRoutes.has(route)) return;
    const result = access.of(request);
    switch (result.kind) {
      case 'granted':
        return;
      case 'not_signed_in':
        if (result.isWrongToken) await failures.count(request);
        throw new UnauthorizedException('Sign in first.');
      case 'refused':
        throw new ForbiddenException(result.detail);
    }
  });
}
