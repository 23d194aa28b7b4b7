import { Controller, Get, Logger as NestLogger, Module } from '@nestjs/common';
import { loggerInto } from '@app/testing';
import { z } from 'zod';
import { platformConfig } from './config';
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
  const lines: string[] = [];

  beforeAll(async () => {
    const configSchema = z.object(platformConfig);
    const app = await createApp(
      { name: 'sample', configSchema, port: () => 0, module: () => ({ module: SampleModule }) },
      configSchema.parse({}),
      loggerInto(lines),
    );
    await app.listen(0, '127.0.0.1');
    await fetch(`${await app.getUrl()}/sample`);
    await app.close();
  });

  it('contains the modules and routes of NestJS for debugging only', () => {
    expect(lines.join('')).toMatch(/"level":20.*Mapped \{\/sample, GET\} route/);
    expect(lines.join('')).not.toContain('"level":30');
  });

  it('contains the warnings of NestJS', () => {
    expect(lines.join('')).toMatch(/"level":40.*"context":"sample","msg":"requested"/);
  });
});
