import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runSupervised, type SupervisedProcess, until } from '@tools/stack';
import getPort from 'get-port';
import { parse } from 'yaml';
import { NotificationReceiver } from '../../apps/console/test/notification-receiver';
import { root } from '../../tools/start/root';
import { type AlertName, alertNameOf } from './prometheus';
import { scaledPeriod } from './scaled-rules';

interface Route {
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  routes?: Route[];
}

interface Config {
  route: Route;
  receivers: { name: string; webhook_configs?: { url: string }[] }[];
}

interface ReportedAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const host = '127.0.0.1';
const startTimeoutMs = 30_000;

/** Alertmanager with the configuration of deploy/alertmanager in shorter time. Its receivers send to a webhook of the test. */
export class Alertmanager {
  private constructor(
    /** Host and port. */
    readonly address: string,
    private readonly receiver: NotificationReceiver,
    private readonly process: SupervisedProcess,
  ) {}

  /**
   * @param folder for its configuration, data and log
   * @param factor by which the periods of the configuration are divided
   */
  static async start(folder: string, factor: number): Promise<Alertmanager> {
    const receiver = await NotificationReceiver.start();
    const text = await readFile(path.join(root, 'deploy/alertmanager/alertmanager.yml'), 'utf8');
    const config = parse(text) as Config;
    config.route = scaledRoute(config.route, factor);
    for (const each of config.receivers) each.webhook_configs = [{ url: receiver.url }];
    const configFile = path.join(folder, 'alertmanager.json');
    // JSON is also YAML.
    await writeFile(configFile, JSON.stringify(config));
    const address = `${host}:${String(await getPort({ host }))}`;
    const supervised = await runSupervised({
      // The name in Debian's package.
      command: 'prometheus-alertmanager',
      args: [
        `--config.file=${configFile}`,
        `--storage.path=${path.join(folder, 'alertmanager')}`,
        `--web.listen-address=${address}`,
        // No cluster.
        '--cluster.listen-address=',
      ],
      cwd: folder,
      logFile: path.join(folder, 'alertmanager.log'),
    });
    await until(
      async () => {
        const { ok, status } = await fetch(`http://${address}/-/ready`);
        if (!ok) throw new Error(`Alertmanager is not ready: ${status}`);
      },
      { timeoutMs: startTimeoutMs },
    );
    return new Alertmanager(address, receiver, supervised);
  }

  /** Resolves when exactly these alerts were reported as firing: the others have not fired, or were reported as resolved. */
  async untilReported(expected: readonly AlertName[], timeoutMs: number): Promise<void> {
    const wanted = expected.toSorted().join(', ');
    await until(
      () => {
        const statuses = new Map(this.reported().map((alert) => [alertNameOf(alert.labels), alert.status]));
        const names = [...statuses].flatMap(([name, status]) => (status === 'firing' ? [name] : []));
        const firing = names.toSorted().join(', ');
        return firing === wanted
          ? Promise.resolve()
          : Promise.reject(new Error(`reported as firing: ${firing}; expected: ${wanted}`));
      },
      { timeoutMs, intervalMs: 500 },
    );
  }

  /** Where the reported alerts link to, by their names without labels. */
  runbookSections(): Map<string | undefined, string | undefined> {
    return new Map(
      this.reported().map(({ labels, annotations }) => [labels['alertname'], annotations['runbook_url']]),
    );
  }

  async stop(): Promise<void> {
    await this.process.end('SIGTERM');
    await this.receiver.stop();
  }

  /** In the order in which they were reported; each may be reported several times. */
  private reported(): ReportedAlert[] {
    return this.receiver.messages.flatMap(
      ({ body }) => (JSON.parse(body) as { alerts: ReportedAlert[] }).alerts,
    );
  }
}

function scaledRoute(route: Route, factor: number): Route {
  const { group_wait: wait, group_interval: interval, repeat_interval: repeat, routes } = route;
  return {
    ...route,
    ...(wait !== undefined && { group_wait: scaledPeriod(wait, factor) }),
    ...(interval !== undefined && { group_interval: scaledPeriod(interval, factor) }),
    ...(repeat !== undefined && { repeat_interval: scaledPeriod(repeat, factor) }),
    ...(routes && { routes: routes.map((each) => scaledRoute(each, factor)) }),
  };
}
