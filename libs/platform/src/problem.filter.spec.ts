import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  HttpException,
  Module,
  NotFoundException,
  Post,
  Put,
  StandardSchemaValidationPipe,
  UsePipes,
} from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { platformConfig } from './config';
import { createLogger } from './logging';
import { InvalidRequestException, type Problem, problemSchema } from './problem';
import { createApp } from './run-app';

const input = z.strictObject({ name: z.string(), 'a/b~c': z.record(z.string(), z.int()) });

@Controller()
class SampleController {
  @Post('validated')
  @UsePipes(
    new StandardSchemaValidationPipe({ exceptionFactory: (issues) => new InvalidRequestException(issues) }),
  )
  validated(@Body({ schema: input }) body: unknown): unknown {
    return body;
  }

  @Get('missing')
  missing(): void {
    throw new NotFoundException('This event does not exist.');
  }

  @Get('teapot')
  teapot(): void {
    throw new HttpException('It is a teapot.', 418);
  }

  @Get('items/:id')
  item(): void {
    throw new NotFoundException();
  }

  @Put('items/:id')
  replaceItem(): void {
    throw new NotFoundException();
  }

  @Get('defect')
  defect(): void {
    throw new Error('password=secret');
  }
}

@Module({ controllers: [SampleController] })
class SampleModule {}

describe('an app', () => {
  let app: NestFastifyApplication;
  let url: string;
  let log = '';

  beforeAll(async () => {
    const destination = new Writable({
      write: (line: Buffer, _encoding, done) => {
        log += line.toString();
        done();
      },
    });
    const configSchema = z.object(platformConfig);
    app = await createApp(
      { name: 'sample', configSchema, port: () => 0, module: () => ({ module: SampleModule }) },
      configSchema.parse({}),
      createLogger('sample', 'error', destination),
    );
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(() => app.close());

  async function problemAt(path: string, body?: string): Promise<Problem> {
    const response = await fetch(url + path, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = problemSchema.parse(await response.json());
    expect(problem.status).toBe(response.status);
    return problem;
  }

  it.each([
    ['an exception', '/missing', undefined, 404, 'Not Found', 'This event does not exist.'],
    ['any status', '/teapot', undefined, 418, "I'm a Teapot", 'It is a teapot.'],
    ['an unknown route', '/nothing', undefined, 404, 'Not Found', 'documentation'],
    ['a URL that cannot be decoded', '/%E0%A4%A', undefined, 400, 'Bad Request', 'not a valid url'],
    ['malformed JSON', '/validated', '{"name":', 400, 'Bad Request', 'JSON'],
    [
      'a body that is too large',
      '/validated',
      `"${'x'.repeat(1_048_576)}"`,
      413,
      'Payload Too Large',
      'large',
    ],
  ])('responds with a problem to %s', async (_to, path, body, status, title, detail) => {
    const problem = await problemAt(path, body);
    expect(problem).toEqual({
      type: 'about:blank',
      title,
      status,
      detail: expect.stringContaining(detail) as unknown,
    });
  });

  it.each([
    ['PATCH', '/teapot', 'GET, HEAD'],
    ['DELETE', '/items/a%2Fb?x=1', 'GET, HEAD, PUT'],
    ['GET', '/validated', 'POST'],
  ])('responds with 405 to %s %s, and lists the supported methods', async (method, path, allowed) => {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(problemSchema.parse(await response.json())).toMatchObject({
      title: 'Method Not Allowed',
      detail: `This URL does not support ${method}. Use one of: ${allowed}.`,
    });
  });

  it('lists every invalid part of a request', async () => {
    const { status, errors } = await problemAt('/validated', '{"a/b~c":{"x":1.5,"y":"z"},"more":1}');
    expect(status).toBe(400);
    expect(errors?.map(({ pointer }) => pointer).toSorted()).toEqual([
      '',
      '/a~1b~0c/x',
      '/a~1b~0c/y',
      '/name',
    ]);
  });

  it('bounds the number of errors that it lists', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [i, 'x']));
    const { errors } = await problemAt('/validated', JSON.stringify({ name: 'n', 'a/b~c': many }));
    expect(errors).toHaveLength(100);
  });

  it('logs an unexpected error, and discloses nothing of it', async () => {
    const problem = await problemAt('/defect');
    expect(problem.status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(log).toContain('failed to handle a request');
  });

  it.each([
    [400, 'not valid HTTP/1.1', 'GET / HTTP/9\r\n\r\n'],
    [400, 'Invalid method', 'FETCH / HTTP/1.1\r\nhost: x\r\n\r\n'],
    [400, 'Content-Length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n'],
    [431, 'headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])(
    'responds with a problem and status %d to a request that Node.js rejects',
    async (status, detail, bytes) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString())).end(bytes);
      await once(socket, 'close');
      const [head = '', body = ''] = received.split('\r\n\r\n');
      expect(head).toContain(`HTTP/1.1 ${status} `);
      expect(head).toContain('application/problem+json');
      const problem = problemSchema.parse(JSON.parse(body));
      expect(problem).toMatchObject({ status, detail: expect.stringContaining(detail) as unknown });
    },
  );
});
