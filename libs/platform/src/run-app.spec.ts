import { Writable } from 'node:stream';
import { Controller, Get, Logger as NestLogger, Module } from '@nestjs/common';
import { z } from 'zod';
import { platformConfig } from './config';
import { createLogger } from './logging';
import { createApp } from './run-app';

@Controller()
class SampleController {
  @Get('sample')
  sample(): void {
    new NestLogger('sample').warn('requested');
  }
}

@Module({ controllers: [SampleController] })
class SampleModule {}

describe('the log of an app', () => {
  let log = '';

  beforeAll(async () => {
    const destination = new Writable({
      write: (line: Buffer, _encoding, done) => {
        log += line.toString();
        done();
      },
    });
    const configSchema = z.object(platformConfig);
    const app = await createApp(
      { name: 'sample', configSchema, port: () => 0, module: () => ({ module: SampleModule }) },
      configSchema.parse({}),
      createLogger('sample', 'debug', destination),
    );
    await app.listen(0, '127.0.0.1');
    await fetch(`${await app.getUrl()}/sample`);
    await app.close();
  });

  it('contains the modules and routes of NestJS for debugging only', () => {
    expect(log).toMatch(/"level":20.*Mapped \{\/sample, GET\} route/);
    expect(log).not.toContain('"level":30');
  });

  it('contains the warnings of NestJS', () => {
    expect(log).toMatch(/"level":40.*"context":"sample","msg":"requested"/);
  });
});
