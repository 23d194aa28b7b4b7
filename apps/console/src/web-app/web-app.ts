import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';

/** Output folder of `vite build`; the folder of the sources if the console runs from source. */
const folder = join(__dirname, '..', '..', 'web');
const assets = join(folder, 'assets');
const noncePlaceholder = '__CSP_NONCE__';

/** Paths of the pages. All serve the same file; the browser renders the page for the path. */
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
  '/notifications',
  '/audit',
];

/** Serves the web app. Browsers do not cache the page, and cache its assets, which are named by content, permanently. */
export async function serveWebApp(app: NestFastifyApplication): Promise<void> {
  const page = readPage();
  const fastify = app.getHttpAdapter().getInstance();
  await app.register(fastifyStatic, {
    root: assets,
    prefix: '/assets/',
    index: false,
    immutable: true,
    maxAge: '365d',
    // The API works without built pages.
    ...(page === undefined && { serve: false }),
  });
  const send = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (page === undefined) {
      return reply
        .code(503)
        .type('text/plain')
        .send('The pages are not built. Run npm run build:console-web, or open those of npm run dev.');
    }
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(page.replaceAll(noncePlaceholder, reply.cspNonce.style));
  };
  for (const path of pages) fastify.get(path, send);
}

/** Undefined if the pages are not built. */
function readPage(): string | undefined {
  return existsSync(assets) ? readFileSync(join(folder, 'index.html'), 'utf8') : undefined;
}
