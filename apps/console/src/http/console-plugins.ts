import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ConsoleConfig } from '../console.config';

/** Registers cookies and security headers. */
export async function registerPlugins(app: NestFastifyApplication, config: ConsoleConfig): Promise<void> {
  await app.register(cookie);
  await app.register(helmet, {
    // Events contain text from outside, so only the console's own files and API may be used.
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
    // The component library inserts style elements, each with the nonce of its page.
    enableCSPNonces: true,
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    crossOriginEmbedderPolicy: true,
    hsts: config.CONSOLE_SECURE_COOKIE,
  });
}
