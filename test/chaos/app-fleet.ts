import path from 'node:path';
import { type SupervisedProcess, runSupervised, until } from '@tools/stack';
import getPort from 'get-port';
import { root } from '../../tools/start/root';

export type AppName = 'ingest' | 'mapper' | 'dispatcher' | 'console';

export interface AppInstance {
  name: string;
  url: string;
  metricsUrl: string;
  process: SupervisedProcess;
}

const host = '127.0.0.1';

/** Processes of one app. A supervisor restarts each one unless it was terminated. */
export class AppFleet {
  private readonly running = new Map<string, AppInstance>();
  private readonly retired = new Set<string>();
  private readonly killed = new Set<string>();
  private started = 0;
  /** Instances that exited without being terminated or killed. */
  readonly exited: string[] = [];

  constructor(
    private readonly app: AppName,
    readonly env: Readonly<Record<string, string>>,
    private readonly logFolder: string,
  ) {}

  get all(): AppInstance[] {
    return [...this.running.values()];
  }

  async scaleTo(count: number): Promise<void> {
    while (this.running.size > count) await this.terminate(this.all.at(-1));
    await Promise.all(Array.from({ length: count - this.running.size }, () => this.start()));
  }

  /** Starts an instance with additional settings, without waiting until it is ready. */
  async start(env: Record<string, string> = {}, launcher: string[] = []): Promise<AppInstance> {
    const name = `${this.app}-${String((this.started += 1))}`;
    const port = String(await getPort({ host }));
    const operationsPort = String(await getPort({ host }));
    const words = [...launcher, process.execPath];
    const supervised = await runSupervised({
      command: words[0] ?? process.execPath,
      args: [...words.slice(1), `dist/apps/${this.app}/src/main.js`],
      cwd: root,
      env: {
        ...process.env,
        ...this.env,
        ...env,
        HOST: host,
        [`${this.app.toUpperCase()}_PORT`]: port,
        OPERATIONS_PORT: operationsPort,
      },
      logFile: path.join(this.logFolder, `${name}.log`),
    });
    const instance = {
      name,
      url: `http://${host}:${port}`,
      metricsUrl: `http://${host}:${operationsPort}/metrics`,
      process: supervised,
    };
    this.running.set(name, instance);
    void supervised.exited.then(() => {
      this.running.delete(name);
      if (this.retired.has(name)) return;
      if (!this.killed.has(name)) this.exited.push(name);
      return this.start(env, launcher);
    });
    return instance;
  }

  /** Resolves when every instance is ready. */
  async ready(): Promise<void> {
    await until(
      async () => {
        for (const { url } of this.all) {
          const response = await fetch(`${url}/health/ready`);
          if (!response.ok) throw new Error(`${url} is not ready: ${await response.text()}`);
        }
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Sends SIGKILL; the supervisor starts a replacement. */
  async kill(instance: AppInstance | undefined): Promise<void> {
    if (instance === undefined) return;
    this.killed.add(instance.name);
    await instance.process.end('SIGKILL');
  }

  /** Sends SIGTERM and resolves when the process has exited. It is not replaced. */
  async terminate(instance: AppInstance | undefined): Promise<void> {
    if (instance === undefined) return;
    this.retired.add(instance.name);
    await instance.process.end('SIGTERM', 60_000);
  }

  async stop(): Promise<void> {
    for (const { name } of this.all) this.retired.add(name);
    await Promise.all(this.all.map(({ process: supervised }) => supervised.end('SIGTERM', 40_000)));
  }

  /** Sum of a metric over all running instances. */
  async metric(name: string): Promise<number> {
    const texts = await Promise.all(
      this.all.map(async ({ metricsUrl }) => {
        try {
          return await (await fetch(metricsUrl)).text();
        } catch {
          // An instance that is not listening counts as 0.
          return '';
        }
      }),
    );
    return texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Resident memory of all instances, in bytes. */
  memory(): Promise<number> {
    return this.metric('process_resident_memory_bytes');
  }
}
