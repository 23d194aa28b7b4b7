import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runSupervised, type SupervisedProcess, until } from '@tools/stack';
import getPort from 'get-port';
import { root } from '../../tools/start/root';
import { scaledRules } from './scaled-rules';

/** An alert with the labels that distinguish it from others of its name, such as `AppAbsent app=mapper`. */
export type AlertName = string;

const host = '127.0.0.1';
const startTimeoutMs = 30_000;
/** Set by Prometheus, by the rule, or by the discovery of targets. */
const otherLabels = new Set(['__name__', 'alertname', 'alertstate', 'severity', 'job', 'instance']);

/** Prometheus with the rules of deploy/prometheus in shorter time. It scrapes every two seconds. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly targetsFile: string,
    private readonly process: SupervisedProcess,
  ) {}

  /**
   * @param factor by which the periods of the rules are divided
   * @param folder for its configuration, data and log
   * @param urls of the metrics that it scrapes
   * @param alertmanager host and port of the Alertmanager that it sends alerts to
   */
  static async start(
    folder: string,
    { factor, urls, alertmanager }: { factor: number; urls: readonly string[]; alertmanager: string },
  ): Promise<Prometheus> {
    const rules = await readFile(path.join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
    const rulesFile = path.join(folder, 'alerts.yml');
    const targetsFile = path.join(folder, 'targets.json');
    const configFile = path.join(folder, 'prometheus.json');
    await writeFile(rulesFile, 'groups: []');
    await writeFile(targetsFile, targets(urls));
    // JSON is also YAML.
    await writeFile(
      configFile,
      JSON.stringify({
        global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
        rule_files: ['alerts.yml'],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
        scrape_configs: [{ job_name: 'revenuecat-statsig', file_sd_configs: [{ files: ['targets.json'] }] }],
      }),
    );
    const address = `${host}:${String(await getPort({ host }))}`;
    const supervised = await runSupervised({
      command: 'prometheus',
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
        `--web.listen-address=${address}`,
        '--web.enable-lifecycle',
      ],
      cwd: folder,
      logFile: path.join(folder, 'prometheus.log'),
    });
    const prometheus = new Prometheus(`http://${address}`, targetsFile, supervised);
    // Prometheus begins to scrape seconds after its start. Until then, the rules would report all apps as absent.
    await until(() => prometheus.checkUp(urls.length), { timeoutMs: startTimeoutMs });
    await writeFile(rulesFile, scaledRules(rules, factor));
    const { ok } = await fetch(`${prometheus.url}/-/reload`, { method: 'POST' });
    if (!ok) throw new Error('Prometheus rejected the rules');
    return prometheus;
  }

  /** Replaces the URLs of the metrics that it scrapes. */
  scrape(urls: readonly string[]): Promise<void> {
    return writeFile(this.targetsFile, targets(urls));
  }

  /** Resolves when exactly these alerts fire. */
  async untilFiring(expected: readonly AlertName[], timeoutMs: number): Promise<void> {
    const wanted = expected.toSorted().join(', ');
    await until(
      async () => {
        const firing = (await this.alerts('ALERTS{alertstate="firing"}')).join(', ');
        if (firing !== wanted) throw new Error(`firing: ${firing}; expected: ${wanted}`);
      },
      { timeoutMs, intervalMs: 500 },
    );
  }

  /** The alerts that have fired since the start. */
  fired(): Promise<AlertName[]> {
    return this.alerts('max_over_time(ALERTS{alertstate="firing"}[1h])');
  }

  /** The names of all metrics of the targets, also of those without a series yet. */
  async metricNames(): Promise<Set<string>> {
    return new Set(Object.keys((await this.get('metadata')) as object));
  }

  stop(): Promise<void> {
    return this.process.end('SIGTERM');
  }

  private async checkUp(expected: number): Promise<void> {
    const { result } = (await this.get(`query?query=${encodeURIComponent('up == 1')}`)) as {
      result: unknown[];
    };
    if (result.length !== expected) {
      throw new Error(`Prometheus reaches ${String(result.length)} of ${String(expected)} targets`);
    }
  }

  private async alerts(query: string): Promise<AlertName[]> {
    const { result } = (await this.get(`query?query=${encodeURIComponent(query)}`)) as {
      result: { metric: Record<string, string> }[];
    };
    return [...new Set(result.map(({ metric }) => alertNameOf(metric)))].toSorted();
  }

  private async get(resource: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${resource}`);
    const { data, error } = (await response.json()) as { data: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return data;
  }
}

export function alertNameOf(labels: Readonly<Record<string, string>>): AlertName {
  const others = Object.entries(labels).filter(([name]) => !otherLabels.has(name));
  return [labels['alertname'], ...others.map((label) => label.join('=')).toSorted()].join(' ');
}

function targets(urls: readonly string[]): string {
  return JSON.stringify([{ targets: urls.map((url) => new URL(url).host) }]);
}
