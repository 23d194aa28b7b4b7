import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
const apps = ['ingest', 'mapper', 'dispatcher', 'console'];

interface Peer {
  from?: { namespaceSelector?: { matchLabels?: Record<string, string> } }[];
  ports?: { port: number }[];
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
  const port = /METRICS_PORT=(\d+)/.exec(await read('Dockerfile'))?.[1] ?? '';
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
