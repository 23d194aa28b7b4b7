import { globSync } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { allSettings } from './all-settings';
import { composeEnvironments } from './compose-values';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
const apps = ['ingest', 'mapper', 'dispatcher', 'console'];

interface Peer {
  from?: { namespaceSelector?: { matchLabels?: Record<string, string> } }[];
  ports?: { port: number }[];
}

interface Kustomization {
  resources?: string[];
  components?: string[];
  configMapGenerator?: { files?: string[] }[];
}

interface Policy {
  spec: {
    podSelector: { matchExpressions?: { values: string[] }[] };
    ingress?: Peer[];
    egress?: Peer[];
  };
}

async function policies(): Promise<Policy[]> {
  const text = await read('deploy/kubernetes/base/network-policies.yaml');
  return parseAllDocuments(text).map((document) => document.toJS() as Policy);
}

it('metrics and probes use the port of the image, which the ingress controller cannot reach', async () => {
  const port = /OPERATIONS_PORT=(\d+)/.exec(await read('Dockerfile'))?.[1] ?? '';
  expect(await read('deploy/prometheus/prometheus.yml')).toContain(`port: ${port}\n`);
  for (const app of apps) {
    const manifest = await read(`deploy/kubernetes/base/${app}.yaml`);
    expect(manifest).toContain(`prometheus.io/port: '${port}'`);
    expect(manifest).toContain(`- name: operations\n              containerPort: ${port}`);
    expect(manifest.match(/path: \/health\/\w+\n +port: operations/g)).toHaveLength(3);
  }
  const portsFrom = async (namespace: string): Promise<number[]> =>
    (await policies())
      .flatMap(({ spec }) => spec.ingress ?? [])
      .filter(({ from = [] }) =>
        from.some((peer) => Object.values(peer.namespaceSelector?.matchLabels ?? {}).includes(namespace)),
      )
      .flatMap(({ ports = [] }) => ports.map((one) => one.port));
  expect(await portsFrom('monitoring')).toEqual([Number(port)]);
  expect(await portsFrom('ingress-nginx')).toEqual([8080]);
});

it('the network policies allow HTTPS for the apps that call Statsig or RevenueCat', async () => {
  const withHttps = (await policies())
    .filter(({ spec }) =>
      (spec.egress ?? []).some(({ ports = [] }) => ports.some(({ port }) => port === 443)),
    )
    .flatMap(({ spec }) => (spec.podSelector.matchExpressions ?? []).flatMap(({ values }) => values));
  expect(withHttps.toSorted()).toEqual(['console', 'dispatcher', 'mapper']);
});

it('the network policies allow the ports of the documented addresses of Kafka and Redis', async () => {
  const docs = (await read('docs/deploy.md')) + (await read('docs/connections.md'));
  const addresses = docs.match(/KAFKA_BROKERS=\S+|rediss?(\+sentinel)?:\/\/[^\s`]+/g) ?? [];
  const documented = addresses.flatMap((address) => address.match(/(?<=:)\d{4,5}\b/g) ?? []).map(Number);
  expect(new Set(documented).size).toBeGreaterThan(3);
  const [ofAllApps] = await policies();
  const allowed = (ofAllApps?.spec.egress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port));
  expect(documented.filter((port) => !allowed.includes(port))).toEqual([]);
});

it('the console in Kubernetes requires its token, and restricts its cookie to HTTPS', async () => {
  const [deployment] = parseAllDocuments(await read('deploy/kubernetes/base/console.yaml'));
  const { spec } = deployment?.toJS() as {
    spec: { template: { spec: { containers: { env: { name: string }[] }[] } } };
  };
  const env = new Map(spec.template.spec.containers.flatMap((one) => one.env).map((one) => [one.name, one]));
  expect(env.get('CONSOLE_SECURE_COOKIE')).toEqual({ name: 'CONSOLE_SECURE_COOKIE', value: 'true' });
  const secretKeyRef = { name: 'revenuecat-statsig', key: 'CONSOLE_TOKEN' };
  expect(env.get('CONSOLE_TOKEN')).toEqual({ name: 'CONSOLE_TOKEN', valueFrom: { secretKeyRef } });
});

it('no well-known credential of docker-compose.yml is left with docker-compose.statsig.yml', async () => {
  const local = await composeEnvironments(path.join(root, 'docker-compose.yml'));
  const real = await composeEnvironments(path.join(root, 'docker-compose.statsig.yml'));
  const secrets = new Set(
    allSettings.flatMap(({ settings }) => settings.filter((one) => one.isSecret).map(({ name }) => name)),
  );
  /** The value that a secret setting has if the operator does not set it. */
  const defaultOf = (value: string | number | boolean | null | undefined): string =>
    String(value ?? '').replace(/^\$\{\w+(?::-(.*)|:\?.*)?\}$/, '$1');
  const wellKnown = [...local].flatMap(([service, environment]) =>
    Object.entries(environment)
      .filter(([name, value]) => secrets.has(name) && defaultOf(value) !== '' && !name.startsWith('REDIS_'))
      .map(([name]) => ({ service, name })),
  );
  expect(wellKnown.length).toBeGreaterThan(8);
  const left = wellKnown.filter(({ service, name }) => {
    const environment = real.get(service) ?? {};
    return !(name in environment) || defaultOf(environment[name]) !== '';
  });
  // The simulator does not start.
  expect(left.filter(({ service }) => service !== 'statsig-simulator')).toEqual([]);
});

it('every resource, component and file that a Kustomize file names exists', async () => {
  const files = globSync('deploy/**/kustomization.yaml', { cwd: root });
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const { resources, components, configMapGenerator } = parse(await read(file)) as Kustomization;
    const generated = configMapGenerator
      ?.flatMap((one) => one.files ?? [])
      .map((one) => one.replace(/^.*=/, ''));
    for (const named of [resources, components, generated].flatMap((names) => names ?? [])) {
      const target = path.resolve(root, path.dirname(file), named);
      const needed = (await stat(target)).isDirectory() ? path.join(target, 'kustomization.yaml') : target;
      await expect(access(needed)).resolves.toBeUndefined();
    }
  }
});
