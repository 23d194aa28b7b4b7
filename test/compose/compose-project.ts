import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { composeCommand, requireDockerEngine, runCommand, runOnExit } from '@tools/stack';
import getPort from 'get-port';
import { Container } from './container';

const cwd = path.resolve(__dirname, '../..');
const buildTimeoutMs = 1_200_000;
const timeoutMs = 300_000;
/** Events of a killed dispatcher are sent again after a third of the default time. */
const shortLease = { DISPATCHER_LEASE: '20s', STATSIG_REQUEST_TIMEOUT: '5s' };

/** The stack of docker-compose.yml with its own name and ports, so that it does not conflict with other instances. */
export class ComposeProject {
  private constructor(
    readonly name: string,
    readonly kafkaBrokers: string,
    readonly ingestUrl: string,
    readonly simulatorUrl: string,
    private readonly command: readonly [string, ...string[]],
    private readonly env: NodeJS.ProcessEnv,
    private readonly onExit: { cancel: () => Promise<void> },
  ) {}

  /** Reserves a name and ports without starting anything. The stack is removed when this process ends. */
  static async prepare(): Promise<ComposeProject> {
    await requireDockerEngine();
    const name = `revenuecat-statsig-test-${randomUUID().slice(0, 8)}`;
    const command = [...(await composeCommand()), '-p', name] as [string, ...string[]];
    const host = '127.0.0.1';
    const ports = {
      KAFKA_PORT: await getPort({ host }),
      REDIS_PORT: await getPort({ host }),
      INGEST_PORT: await getPort({ host }),
      CONSOLE_PORT: await getPort({ host }),
      SIMULATOR_PORT: await getPort({ host }),
    };
    return new ComposeProject(
      name,
      `${host}:${ports.KAFKA_PORT}`,
      `http://${host}:${ports.INGEST_PORT}`,
      `http://${host}:${ports.SIMULATOR_PORT}`,
      command,
      { ...process.env, ...mapValues(ports, String), ...shortLease },
      await runOnExit([...command, 'down', '--volumes', '--timeout', '5']),
    );
  }

  /** Builds the image and starts everything. */
  async up({ dispatchers }: { dispatchers: number }): Promise<void> {
    await this.run(['build'], buildTimeoutMs);
    await this.scale(dispatchers);
  }

  /** Starts missing containers. */
  async scale(dispatchers: number): Promise<void> {
    await this.run(['up', '--detach', '--no-build', '--scale', `dispatcher=${dispatchers}`]);
  }

  async containers(service: string): Promise<Container[]> {
    const ids = lines(await this.run(['ps', '--quiet', service]));
    return ids.map((id) => new Container(id));
  }

  async logs(service: string): Promise<string> {
    return this.run(['logs', '--no-color', '--tail', '100', service]);
  }

  async down(): Promise<void> {
    await this.run(['down', '--volumes', '--timeout', '40']);
    await this.onExit.cancel();
  }

  /** Remaining containers, volumes and networks of this project. */
  async leftovers(): Promise<string[]> {
    const filter = ['--filter', `label=com.docker.compose.project=${this.name}`, '--quiet'];
    const lists = await Promise.all(
      [
        ['ps', '--all'],
        ['volume', 'ls'],
        ['network', 'ls'],
      ].map((list) => runCommand('docker', [...list, ...filter], { timeoutMs })),
    );
    return lists.flatMap(lines);
  }

  private run(args: string[], limitMs = timeoutMs): Promise<string> {
    const [program, ...first] = this.command;
    return runCommand(program, [...first, ...args], { timeoutMs: limitMs, cwd, env: this.env });
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function mapValues<A, B>(values: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
