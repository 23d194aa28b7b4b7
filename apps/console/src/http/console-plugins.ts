import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { HttpException, HttpStatus } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyRequest } from 'fastify';
import { accessOf } from '../auth/access';
import { type ConsoleConfig } from '../console.config';

/** Cookies, security headers and the limit on signing in. */
export async function registerPlugins(app: NestFastifyApplication, config: ConsoleConfig): Promise<void> {
  await app.register(cookie);
  await app.register(helmet, {
    // Events hold other people's text: nothing but the console's own files may run, load or be asked.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // The component library writes style elements; each carries the nonce of its page.
    enableCSPNonces: true,
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    crossOriginEmbedderPolicy: true,
    hsts: config.CONSOLE_SECURE_COOKIE,
  });
  await app.register(rateLimit, {
    // Whoever is let in may ask as often as they like.
    allowList: (request) => !isGuess(request, config.CONSOLE_TOKEN),
    max: config.CONSOLE_SIGN_INS_PER_MINUTE,
    timeWindow: 60_000,
    errorResponseBuilder: () =>
      new HttpException('Too many attempts to sign in. Wait a minute.', HttpStatus.TOO_MANY_REQUESTS),
  });
}

/** An attempt to sign in, or a program's request with a token that is not the console's. */
function isGuess(request: FastifyRequest, token: string | undefined): boolean {
  if (request.method === 'POST' && request.routeOptions.url === '/api/session') return true;
  const isBearer = request.headers.authorization !== undefined;
  return isBearer && accessOf(request, token, Date.now()).kind === 'not_signed_in';
}
