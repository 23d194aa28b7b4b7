import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
const readYaml = async <T>(file: string): Promise<T> => parse(await read(file)) as T;

interface Service {
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
}

interface DataSource {
  uid: string;
  url: string;
}

const services = async (): Promise<Record<string, Service>> =>
  (await readYaml<{ services: Record<string, Service> }>('docker-compose.yml')).services;

/** Addresses of the services of the profile: host and port within the network of Docker Compose. */
async function addresses(): Promise<string[]> {
  return Object.entries(await services()).flatMap(([name, { profiles = [], ports = [] }]) =>
    profiles.includes('observability') ? ports.map((port) => `${name}:${port.split(':').at(-1) ?? ''}`) : [],
  );
}

/** The files and folders of the repository in a container, by their path there. */
async function mountsOf(service: string): Promise<Map<string, string>> {
  const volumes = (await services())[service]?.volumes ?? [];
  const bound = volumes.map((volume) => volume.split(':')).filter(([source]) => source?.startsWith('./'));
  return new Map(bound.map(([source = '', target = '']) => [target, path.normalize(source)]));
}

async function dataSources(): Promise<DataSource[]> {
  const file = 'deploy/grafana/provisioning/datasources/prometheus.yml';
  return (await readYaml<{ datasources: DataSource[] }>(file)).datasources;
}

/** Every value of the members with this name, at any depth. */
function membersNamed(name: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member as unknown] : []),
    ...membersNamed(name, member),
  ]);
}

describe('the profile "observability" of docker-compose.yml', () => {
  it('mounts files that exist', async () => {
    for (const service of ['prometheus', 'alertmanager', 'grafana']) {
      const sources = [...(await mountsOf(service)).values()];
      expect(sources).not.toEqual([]);
      expect(sources.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
    }
  });

  it('lets Prometheus read the alerts and find Alertmanager and the apps', async () => {
    const config = await readYaml<{
      rule_files: string[];
      alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
    }>('deploy/prometheus/prometheus.yml');
    const folder = (await mountsOf('prometheus')).get('/etc/prometheus') ?? '';
    expect(config.rule_files.filter((file) => !existsSync(path.join(root, folder, file)))).toEqual([]);
    const targets = config.alerting.alertmanagers
      .flatMap((each) => each.static_configs)
      .flatMap((each) => each.targets);
    expect(await addresses()).toEqual(expect.arrayContaining(targets));
    const discovered = config.scrape_configs.flatMap((each) => each.dns_sd_configs);
    expect(Object.keys(await services())).toEqual(expect.arrayContaining(discovered.flatMap(({ names }) => names))); // prettier-ignore
    const operationsPort = /OPERATIONS_PORT=(\d+)/.exec(await read('Dockerfile'))?.[1];
    expect(discovered.map(({ port }) => String(port))).toEqual([operationsPort]);
  });

  it('lets Grafana find Prometheus and the dashboards', async () => {
    const hosts = (await dataSources()).map(({ url }) => new URL(url).host);
    expect(await addresses()).toEqual(expect.arrayContaining(hosts));
    const { providers } = await readYaml<{ providers: { options: { path: string } }[] }>(
      'deploy/grafana/provisioning/dashboards/dashboards.yml',
    );
    const mounts = await mountsOf('grafana');
    expect(mounts.get('/etc/grafana/provisioning')).toBe('deploy/grafana/provisioning');
    expect(providers.map(({ options }) => mounts.get(options.path))).toEqual(['deploy/grafana/dashboards']);
  });

  it('has dashboards with ids of their own, which use only its data source', async () => {
    const known = new Set((await dataSources()).map(({ uid }) => uid));
    const folder = 'deploy/grafana/dashboards';
    const files = (await readdir(path.join(root, folder))).filter((file) => file.endsWith('.json'));
    const boards = await Promise.all(files.map(async (file) => JSON.parse(await read(`${folder}/${file}`)) as unknown)); // prettier-ignore
    for (const board of boards) {
      const { panels } = board as { panels: { id: number; datasource: unknown }[] };
      expect(panels.filter(({ datasource }) => datasource === undefined)).toEqual([]);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const used = membersNamed('datasource', board) as { uid: string }[];
      expect(used.filter(({ uid }) => !known.has(uid))).toEqual([]);
    }
    const ids = boards.map((board) => (board as { uid: string }).uid);
    expect(new Set(ids).size).toBe(files.length);
  });
});
