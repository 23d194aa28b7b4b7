import path from 'node:path';
import { type KeptProcess, runKept, until } from '@tools/stack';
import getPort from 'get-port';
import { root } from '../../tools/start/root';

export interface Dispatcher {
  name: string;
  url: string;
  process: KeptProcess;
}

const host = '127.0.0.1';

/** Dispatchers as processes of their own, each restarted by a supervisor when it ends without having been told to. */
export class DispatcherFleet {
  private readonly running = new Map<string, Dispatcher>();
  private readonly retired = new Set<string>();
  private started = 0;
  /** Ends that nobody asked for, and kills. */
  restarts = 0;

  constructor(
    readonly env: Record<string, string>,
    private readonly logFolder: string,
  ) {}

  get all(): Dispatcher[] {
    return [...this.running.values()];
  }

  async scaleTo(count: number): Promise<void> {
    while (this.running.size > count) await this.terminate(this.all.at(-1));
    await Promise.all(Array.from({ length: count - this.running.size }, () => this.start()));
  }

  /** Begins one without waiting for it, with settings of its own. */
  async start(env: Record<string, string> = {}, launcher: string[] = []): Promise<Dispatcher> {
    const name = `dispatcher-${String((this.started += 1))}`;
    const port = await getPort({ host });
    const words = [...launcher, process.execPath];
    const kept = await runKept({
      command: words[0] ?? process.execPath,
      args: [
        ...words.slice(1),
        '--disable-warning=TimeoutNegativeWarning',
        'dist/apps/dispatcher/src/main.js',
      ],
      cwd: root,
      env: { ...process.env, ...this.env, ...env, HOST: host, DISPATCHER_PORT: String(port) },
      logFile: path.join(this.logFolder, `${name}.log`),
    });
    const dispatcher = { name, url: `http://${host}:${String(port)}`, process: kept };
    this.running.set(name, dispatcher);
    void kept.exited.then(() => {
      this.running.delete(name);
      if (this.retired.has(name)) return;
      this.restarts += 1;
      return this.start(env, launcher);
    });
    return dispatcher;
  }

  /** Resolves when all have joined their group. */
  async ready(): Promise<void> {
    await until(
      async () => {
        for (const { url } of this.all) {
          const answer = await fetch(`${url}/health/ready`);
          if (!answer.ok) throw new Error(`${url} is not ready: ${await answer.text()}`);
        }
      },
      { timeoutMs: 60_000 },
    );
  }

  /** kill -9; the supervisor starts another. */
  async kill(dispatcher: Dispatcher | undefined): Promise<void> {
    await dispatcher?.process.end('SIGKILL');
  }

  /** SIGTERM, and waits for its end; nobody takes its place. */
  async terminate(dispatcher: Dispatcher | undefined): Promise<void> {
    if (dispatcher === undefined) return;
    this.retired.add(dispatcher.name);
    await dispatcher.process.end('SIGTERM', 60_000);
  }

  async stop(): Promise<void> {
    for (const { name } of this.all) this.retired.add(name);
    await Promise.all(this.all.map(({ process: kept }) => kept.end('SIGTERM', 40_000)));
  }

  /** Sum of a counter over all dispatchers that run now. */
  async metric(name: string): Promise<number> {
    const texts = await Promise.all(
      this.all.map(async ({ url }) => {
        try {
          return await (await fetch(`${url}/metrics`)).text();
        } catch {
          // It has not come up yet, or is gone: it counts nothing.
          return '';
        }
      }),
    );
    return texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Resident memory of each, in bytes. */
  memory(): Promise<number> {
    return this.metric('process_resident_memory_bytes');
  }
}
