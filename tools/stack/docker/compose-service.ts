import { randomUUID } from 'node:crypto';
import path from 'node:path';
import getPort from 'get-port';
import { runOnExit } from '../process/supervisor-client';
import { runCommand } from '../process/run-command';
import { until } from '../process/until';
import { type ServiceProvider } from '../service-provider';
import { composeCommand, requireDockerEngine } from './docker-engine';

export interface ComposeService {
  service: 'kafka' | 'redis';
  /** Variable of docker-compose.yml for the published port. */
  portVariable: string;
  /** Used if it is free. */
  preferredPort: number;
  keepData: boolean;
  addressAt: (port: number) => string;
  checkReady: (address: string) => Promise<unknown>;
}

const composeFile = path.resolve(__dirname, '../../../docker-compose.yml');
const startTimeoutMs = 240_000;
const readyTimeoutMs = 60_000;
const downTimeoutMs = 60_000;

/** One service of docker-compose.yml, in its own Compose project, so that several starts do not conflict. */
export function composeService(options: ComposeService): ServiceProvider {
  return {
    name: 'Docker Compose',
    start: async () => {
      await requireDockerEngine();
      const compose = await composeCommand();
      const { service, keepData } = options;
      const run = keepData ? 'kept' : randomUUID().slice(0, 8);
      const [command, ...args] = [
        ...compose,
        '-p',
        `revenuecat-statsig-${run}-${service}`,
        '-f',
        composeFile,
      ];
      const down = [...args, 'down', '--timeout', '10', ...(keepData ? [] : ['--volumes'])];

      const port = await getPort({ host: '127.0.0.1', port: options.preferredPort });
      const address = options.addressAt(port);
      const env = { ...process.env, [options.portVariable]: String(port) };
      const onExit = await runOnExit([command, ...down]);
      const stop = async (): Promise<void> => {
        await runCommand(command, down, { timeoutMs: downTimeoutMs });
        await onExit.cancel();
      };
      try {
        const up = ['up', '--detach', '--no-build', service];
        await runCommand(command, [...args, ...up], { timeoutMs: startTimeoutMs, env });
        await until(() => options.checkReady(address), { timeoutMs: readyTimeoutMs });
        return { address, stop };
      } catch (error) {
        await stop().catch(() => undefined);
        throw error;
      }
    },
  };
}
