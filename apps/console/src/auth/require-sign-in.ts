import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { ForbiddenException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { AccessControl } from './access-control';
import { FailedSignIns } from './failed-sign-ins';

/** Routes as declared, because the URL of a request may be encoded differently. */
const openRoutes = new Set(['/api/session', '/api/openapi.json']);
/** Fits a sign-in with the longest token and name as JSON. */
const maxOpenBodyBytes = 2 * 1024;

/**
 * Requires a host name of the console for everything, pages included, and a session or the token for the API except the open
 * routes. Rejects other requests before reading their body, which guards of Nest cannot do.
 */
export function requireSignIn(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const access = app.get(AccessControl);
  const failures = app.get(FailedSignIns);
  fastify.addHook('onRoute', (route) => {
    if (!openRoutes.has(route.url)) return;
    route.bodyLimit = maxOpenBodyBytes;
    route.preParsing = (_request, _reply, payload, done) => {
      const piece = new SingleBuffer();
      // An aborted request ends the stream with an error.
      pipeline(payload, piece, () => undefined);
      done(null, piece);
    };
  });
  fastify.addHook('onRequest', async (request: FastifyRequest) => {
    const hostProblem = access.hostProblem(request);
    if (hostProblem !== undefined) throw new ForbiddenException(hostProblem);
    if (request.is404) throw new NotFoundException();
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith('/api/') || openRoutes.has(route)) return;
    const result = access.of(request);
    switch (result.kind) {
      case 'granted':
        return;
      case 'not_signed_in':
        if (result.isWrongToken) await failures.count(request);
        throw new UnauthorizedException('Sign in first.');
      case 'rejected':
        throw new ForbiddenException(result.detail);
    }
  });
}

/** Collects a small body in one buffer. Fastify keeps every chunk, and a chunk of one byte uses several hundred bytes. */
class SingleBuffer extends Transform {
  private readonly bytes = Buffer.alloc(maxOpenBodyBytes + 1);
  private length = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const before = this.length;
    this.length += chunk.copy(this.bytes, before);
    // Fastify rejects the body now; further bytes are discarded.
    if (before <= maxOpenBodyBytes && this.length > maxOpenBodyBytes) this.push(this.bytes);
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.bytes.subarray(0, this.length));
  }
}
