import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, until } from '@tools/stack';

const root = path.resolve(__dirname, '..', '..');

/** Addresses and credentials from the ready file of `npm start`. */
export interface Addresses {
  consoleUrl: string;
  consoleToken: string;
  ingestUrl: string;
  authorization: string;
  simulatorUrl: string;
  statsigKey: string;
  kafkaBrokers: string;
  redisUrl: string;
}

/** An event as Statsig has accepted it. */
export interface StatsigEvent {
  id: string;
  userId: string;
  name: string;
  value: number | null;
  event: { metadata: Record<string, string> };
}

/** The whole pipeline, started by `npm start` without samples and without an integration. */
export class RunningPipeline {
  private constructor(
    readonly addresses: Addresses,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param env additional settings of the apps */
  static async start(env: Record<string, string>): Promise<RunningPipeline> {
    const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-browser-'));
    const readyFile = path.join(folder, 'ready.json');
    const logFile = path.join(folder, 'start.log');
    const log = await open(logFile, 'w');
    const child = spawn(
      process.execPath,
      ['tools/bootstrap.mjs', 'start', '--no-samples', '--no-integration', '--ready-file', readyFile],
      { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', log.fd, log.fd] },
    );
    await log.close();
    try {
      const shouldAbort = (): boolean => child.exitCode !== null;
      const text = await until(() => readFile(readyFile, 'utf8'), { timeoutMs: 300_000, shouldAbort });
      return new RunningPipeline(JSON.parse(text) as Addresses, child, folder);
    } catch (error) {
      child.kill('SIGTERM');
      throw new Error(`The pipeline did not start:\n${await lastLines(logFile, 30)}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  webhookUrl(projectId: string): string {
    return `${this.addresses.ingestUrl}/v1/projects/${projectId}/webhooks/revenuecat`;
  }

  /** Posts a webhook like RevenueCat. */
  async sendWebhook(event: Record<string, unknown>): Promise<void> {
    const status = await this.post(event, this.webhookUrl('default'), this.addresses.authorization);
    if (status !== 200) throw new Error(`ingest responded with ${String(status)}`);
  }

  /** Returns the status of the response. */
  async post(event: Record<string, unknown>, url: string, authorization: string): Promise<number> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ api_version: '1.0', event }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Sets Statsig's response to this event; undefined restores the default. */
  async reject(eventId: string | undefined): Promise<void> {
    const rules = eventId === undefined ? [] : [{ kind: 'status', status: 400, match: { eventId } }];
    await this.faults(...rules);
  }

  /** Replaces the fault rules of the simulated Statsig. */
  async faults(...rules: object[]): Promise<void> {
    await fetch(`${this.addresses.simulatorUrl}/_sim/faults`, {
      method: 'PUT',
      body: JSON.stringify({ rules }),
    });
  }

  /** Returns what Statsig has accepted for an event, or everything, in the order of arrival. */
  async statsigEvents(eventId?: string): Promise<StatsigEvent[]> {
    const id = eventId === undefined ? '' : `&id=${encodeURIComponent(eventId)}`;
    const response = await fetch(`${this.addresses.simulatorUrl}/_sim/events?limit=10000${id}`);
    return ((await response.json()) as { events: StatsigEvent[] }).events;
  }

  /** Returns how often Statsig has accepted an event. */
  async accepted(eventId: string): Promise<number> {
    return (await this.statsigEvents(eventId)).length;
  }

  /** Waits until Statsig has accepted an event. */
  untilAccepted(eventId: string): Promise<void> {
    return until(
      async () => {
        if ((await this.accepted(eventId)) !== 1)
          throw new Error(`Statsig has not accepted ${eventId} exactly once`);
      },
      { timeoutMs: 20_000 },
    );
  }
}
