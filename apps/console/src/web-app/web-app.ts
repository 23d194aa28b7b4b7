import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';

/** Where `vite build` puts the pages. */
const folder = join(__dirname, '..', '..', 'web');
const noncePlace = '__CSP_NONCE__';

/** Paths of the pages; each is the same file, and the browser shows the page that the path names. */
const pages = [
  '/',
  '/integrations',
  '/integrations/*',
  '/customers',
  '/customers/*',
  '/events',
  '/events/*',
  '/dead-letters',
  '/dead-letters/*',
  '/audit',
];

/** Serves the web app: pages are never kept by the browser, its other files, named by their content, always. */
export async function serveWebApp(app: NestFastifyApplication): Promise<void> {
  const page = readPage();
  const fastify = app.getHttpAdapter().getInstance();
  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    immutable: true,
    maxAge: '365d',
    // Without a build there is nothing to serve, and the API works all the same.
    ...(page === undefined && { serve: false }),
  });
  const send = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (page === undefined) {
      return reply
        .code(503)
        .type('text/plain')
        .send('The pages are not built: run npm run build:console-web.');
    }
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(page.replaceAll(noncePlace, reply.cspNonce.style));
  };
  for (const path of pages) fastify.get(path, send);
}

function readPage(): string | undefined {
  try {
    return readFileSync(join(folder, 'index.html'), 'utf8');
  } catch {
    return undefined;
  }
}
