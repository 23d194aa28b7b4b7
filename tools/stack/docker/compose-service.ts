import { randomUUID } from 'node:crypto';
import path from 'node:path';
import getPort from 'get-port';
import { dataFolder } from '../data-folder';
import { undertake } from '../process/keeper';
import { runCommand } from '../process/run-command';
import { startServer } from '../process/server-process';
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
      const logs = await dataFolder(`compose-${service}`);
      const undertaking = await undertake([command, ...down]);
      const clearUp = async (): Promise<void> => {
        await runCommand(command, down, { timeoutMs: downTimeoutMs });
        await undertaking.release();
        await logs.done();
      };
      try {
        const up = await startServer({
          name: `${[command, ...args].join(' ')} up ${service}`,
          command,
          args: [...args, 'up', '--no-build', service],
          env: { ...process.env, [wanted.portVariable]: String(port) },
          logFile: path.join(logs.path, 'compose.log'),
          timeoutMs: startTimeoutMs,
          answers: async () => {
            await wanted.answers(address);
          },
        });
        return {
          address,
          stop: async () => {
            await up.stop();
            await clearUp();
          },
        };
      } catch (error) {
        await clearUp().catch(() => undefined);
        throw error;
      }
    },
  };
}
