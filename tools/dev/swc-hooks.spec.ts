import path from 'node:path';
import { runCommand } from '@tools/stack';
import { root } from '../start/root';

describe('the hooks of npm run dev', () => {
  it('compile an app from source, with the metadata that NestJS injects by', async () => {
    const controller = path.join(root, 'apps/console/src/events/events.controller.ts');
    const script = `
      require('reflect-metadata');
      const { EventsController } = require(${JSON.stringify(controller)});
      const types = Reflect.getMetadata('design:paramtypes', EventsController);
      console.log(types.map(({ name }) => name).join(' '));`;
    const printed = await runCommand(
      process.execPath,
      ['--require', './tools/dev/swc-hooks.cjs', '--eval', script],
      { cwd: root, timeoutMs: 30_000 },
    );
    expect(printed).toMatch(/^EventList EventDetails ReadModel RecordProducer /);
  });
});
