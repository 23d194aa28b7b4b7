import { Controller, Get, Header, NotFoundException, Param, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const folder = join(__dirname, '..', 'page');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Events are untrusted text, so the page may load, run and request only its own files. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

@Controller()
export class PageController {
  /** All files by name, so that a name from a URL never becomes a path. */
  readonly #files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

  @Get()
  @Header('content-security-policy', contentSecurityPolicy)
  page(@Res() reply: FastifyReply): void {
    this.#send('index.html', reply);
  }

  @Get('page/:file')
  file(@Param('file') name: string, @Res() reply: FastifyReply): void {
    this.#send(name, reply);
  }

  #send(name: string, reply: FastifyReply): void {
    const file = this.#files.get(name);
    const type = types[extname(name)];
    if (file === undefined || type === undefined) throw new NotFoundException(`Not found: page/${name}`);
    void reply
      .headers({
        'content-type': type,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      })
      .send(file);
  }
}
