import { randomUUID } from 'node:crypto';
import path from 'node:path';
import getPort from 'get-port';
import { undertake } from '../process/keeper';
import { runCommand } from '../process/run-command';
import { until } from '../process/until';
import { type Way } from '../way';
import { composeCommand, requireDockerEngine } from './docker-engine';

export interface ComposeService {
  service: 'kafka' | 'redis';
  /** Variable of docker-compose.yml that holds the published port, and the port it has if it is free. */
  portVariable: string;
  preferredPort: number;
  keepData: boolean;
  addressAt: (port: number) => string;
  answers: (address: string) => Promise<unknown>;
}

const composeFile = path.resolve(__dirname, '../../../docker-compose.yml');
const startTimeoutMs = 240_000;
const answerTimeoutMs = 60_000;
const downTimeoutMs = 60_000;

/** One service of docker-compose.yml, in a project of its own, so that several starts do not meet. */
export function composeService(wanted: ComposeService): Way {
  return {
    name: 'Docker Compose',
    start: async () => {
      await requireDockerEngine();
      const compose = await composeCommand();
      const { service, keepData } = wanted;
      const run = keepData ? 'kept' : randomUUID().slice(0, 8);
      const [command, ...args] = [
        ...compose,
        '-p',
        `revenuecat-statsig-${run}-${service}`,
        '-f',
        composeFile,
      ];
      const down = [...args, 'down', '--timeout', '10', ...(keepData ? [] : ['--volumes'])];

      const port = await getPort({ host: '127.0.0.1', port: wanted.preferredPort });
      const address = wanted.addressAt(port);
      const env = { ...process.env, [wanted.portVariable]: String(port) };
      const undertaking = await undertake([command, ...down]);
      const stop = async (): Promise<void> => {
        await runCommand(command, down, { timeoutMs: downTimeoutMs });
        await undertaking.release();
      };
      try {
        const up = ['up', '--detach', '--no-build', service];
        await runCommand(command, [...args, ...up], { timeoutMs: startTimeoutMs, env });
        await until(() => wanted.answers(address), { timeoutMs: answerTimeoutMs });
        return { address, stop };
      } catch (error) {
        await stop().catch(() => undefined);
        throw error;
      }
    },
  };
}
