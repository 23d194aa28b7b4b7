import { runCommand, until } from '@tools/stack';

const timeoutMs = 300_000;

export class Container {
  constructor(readonly id: string) {}

  /** Sends SIGTERM, with the time that the stack allows for a graceful shutdown. Resolves with the exit code. */
  async stop(): Promise<number> {
    await docker('stop', '--time', '40', this.id);
    return Number(await this.inspect('{{.State.ExitCode}}'));
  }

  async start(): Promise<void> {
    await docker('start', this.id);
  }

  async kill(): Promise<void> {
    await docker('kill', '--signal', 'KILL', this.id);
  }

  async remove(): Promise<void> {
    await docker('rm', '--force', this.id);
  }

  execute(...command: string[]): Promise<string> {
    return docker('exec', this.id, ...command);
  }

  /** Returns a value of `docker inspect` for a Go template. */
  async inspect(template: string): Promise<string> {
    return (await docker('inspect', '--format', template, this.id)).trim();
  }

  async untilHealthy(): Promise<void> {
    await until(
      async () => {
        const health = await this.inspect('{{.State.Health.Status}}');
        if (health !== 'healthy') throw new Error(`the container ${this.id} is ${health}`);
      },
      { timeoutMs },
    );
  }

  /** Sum of the series of a metric whose labels include `labels`. */
  async metric(name: string, labels: string): Promise<number> {
    const text = await this.execute(
      'node',
      '--eval',
      "fetch('http://127.0.0.1:9464/metrics').then((response) => response.text()).then(console.log)",
    );
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
}

function docker(...args: string[]): Promise<string> {
  return runCommand('docker', args, { timeoutMs });
}
