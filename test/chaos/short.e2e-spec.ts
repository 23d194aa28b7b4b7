import { runCommand } from '@tools/stack';
import { root } from '../../tools/start/root';

const timeoutMs = 300_000;

describe('npm run chaos -- --short', () => {
  it(
    'loses nothing, repeats only what is allowed, and keeps every customer in order',
    async () => {
      const table = await runCommand(process.execPath, ['--import', 'tsx', 'test/chaos/main.ts', '--short'], {
        cwd: root,
        timeoutMs,
      });
      expect(table.match(/│ passed/g)?.length).toBeGreaterThanOrEqual(5);
    },
    timeoutMs + 10_000,
  );
});
