import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { composeEnvironments } from './compose-values';
import { type SettingGroup } from './settings';

/** Settings that each container is passed, by container name. */
export type Wiring = ReadonlyMap<string, ReadonlySet<string>>;

/** Programs that run in the container of an app. */
const runsIn: Readonly<Record<string, string>> = { cli: 'console' };

/** Returns secret settings that an app reads but its container is not passed, as `<app>: <setting>`. */
export function unwiredSecrets(
  groups: readonly SettingGroup[],
  wiring: Wiring,
  elsewhere: readonly string[] = [],
): string[] {
  return groups
    .flatMap(({ settings }) => settings.filter(({ isSecret }) => isSecret))
    .flatMap(({ name, readBy }) => readBy.map((app) => ({ name, app: runsIn[app] ?? app })))
    .filter(({ name, app }) => !elsewhere.includes(app) && wiring.get(app)?.has(name) !== true)
    .map(({ name, app }) => `${app}: ${name}`);
}

interface Container {
  name: string;
  env?: { name: string; valueFrom?: { secretKeyRef?: { key: string } } }[];
}

interface Manifest {
  spec?: { template?: { spec?: { containers?: Container[] } } };
}

/** The settings that containers in the Kubernetes manifests are passed from a Secret with a key of the same name. */
export async function kubernetesWiring(folder: string): Promise<Wiring> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  const manifests = texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest);
  const containers = manifests.flatMap(({ spec }) => spec?.template?.spec?.containers ?? []);
  return new Map(
    containers.map(({ name, env = [] }) => [
      name,
      new Set(env.filter((one) => one.valueFrom?.secretKeyRef?.key === one.name).map((one) => one.name)),
    ]),
  );
}

/** The settings that services in the Compose file are passed. */
export async function composeWiring(file: string): Promise<Wiring> {
  const environments = await composeEnvironments(file);
  return new Map([...environments].map(([name, environment]) => [name, new Set(Object.keys(environment))]));
}
