import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const root = path.resolve(__dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

it('the image runs as a user without privileges, by default', async () => {
  const [last] = [...(await read('Dockerfile')).matchAll(/^USER (\S+)$/gm)].slice(-1);
  expect(last?.[1]).toBe('node');
});

it('the base image is pinned by digest', async () => {
  const dockerfile = await read('Dockerfile');
  const bases = [...dockerfile.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
  const stages = new Set(bases.map(([, , stage]) => stage));
  expect(bases.map(([, image = '']) => image).filter((image) => !stages.has(image))).toEqual([
    '$NODE_IMAGE',
    '$NODE_IMAGE',
    '$NODE_IMAGE',
  ]);
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:[\w.-]+@sha256:[0-9a-f]{64}$/m);
});

interface ComposeService {
  image?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  privileged?: boolean;
  user?: string;
}

describe('every container of the image in Docker Compose', () => {
  it('has a read-only file system and no capabilities, and cannot gain privileges', async () => {
    const { services } = parse(await read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, ComposeService>;
    };
    const ours = Object.entries(services).filter(([, { image }]) => image?.startsWith('revenuecat-statsig:'));
    expect(ours.map(([name]) => name)).toHaveLength(6);
    for (const [name, { read_only, cap_drop, cap_add, security_opt, privileged, user }] of ours) {
      expect({ name, read_only, cap_drop, cap_add, security_opt, privileged, user }).toEqual({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('keeps these restrictions with docker-compose.statsig.yml', async () => {
    const { services } = parse(await read('docker-compose.statsig.yml'), { merge: true }) as {
      services: Record<string, object>;
    };
    const changed = new Set(Object.values(services).flatMap((service) => Object.keys(service)));
    expect([...changed].toSorted()).toEqual(['environment', 'profiles', 'secrets']);
  });
});

interface Workload {
  kind: string;
  metadata: { name: string };
  spec?: {
    template?: { spec: { securityContext?: object; containers: Container[]; initContainers?: Container[] } };
  };
}

interface Container {
  name: string;
  securityContext?: object;
}

describe('every container in Kubernetes', () => {
  it('runs as user 1000 with a read-only file system and no capabilities, and cannot gain privileges', async () => {
    const folder = 'deploy/kubernetes/base';
    const files = (await readdir(path.join(root, folder))).filter((file) => file.endsWith('.yaml'));
    const texts = await Promise.all(files.map((file) => read(`${folder}/${file}`)));
    const pods = texts
      .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Workload))
      .flatMap(({ kind, metadata, spec }) =>
        spec?.template === undefined ? [] : [{ name: `${kind} ${metadata.name}`, ...spec.template.spec }],
      );
    expect(pods.map(({ name }) => name).toSorted()).toEqual([
      'Deployment console',
      'Deployment dispatcher',
      'Deployment ingest',
      'Deployment mapper',
      'Job topics',
    ]);
    for (const { name, securityContext, containers, initContainers = [] } of pods) {
      expect({ name, ...securityContext }).toMatchObject({
        name,
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...containers, ...initContainers]) {
        expect({ name, ...container.securityContext }).toEqual({
          name,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });
});
