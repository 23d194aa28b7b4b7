import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type Stack } from '@tools/stack';
import { containerNodeOptions } from '../container-node-options';

const root = path.resolve(__dirname, '..', '..');

/** Runs the built console with the given read model, on loopback and without a token. */
export class RunningConsole {
  private constructor(
    readonly url: string,
    private readonly operationsUrl: string,
    private readonly process: ChildProcess,
  ) {}

  static async start({ kafkaBrokers, redisUrl }: Stack, database: string): Promise<RunningConsole> {
    const child = spawn(process.execPath, ['dist/apps/console/src/main.js'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: containerNodeOptions,
        KAFKA_BROKERS: kafkaBrokers,
        REDIS_URL: redisUrl,
        CONSOLE_PORT: '0',
        CONSOLE_DATABASE: database,
        CONSOLE_TOKEN: '',
      },
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.includes('"msg":"ready"')) continue;
      child.stdout.resume();
      const { url, operationsUrl } = JSON.parse(line) as { url: string; operationsUrl: string };
      return new RunningConsole(url, operationsUrl, child);
    }
    throw new Error('The console did not start. Build it first: npm run build');
  }

  memoryBytes(): Promise<number> {
    return this.metric('process_resident_memory_bytes');
  }

  /** Processor time of all threads since the start. */
  processorSeconds(): Promise<number> {
    return this.metric('process_cpu_seconds_total');
  }

  private async metric(name: string): Promise<number> {
    const metrics = await (await fetch(`${this.operationsUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
  }
}
