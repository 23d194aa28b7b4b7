import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { secret } from '@app/platform';
import { z } from 'zod';
import { allSettings } from './all-settings';
import { composeWiring, kubernetesWiring, unwiredSecrets } from './secret-wiring';
import { settingGroups } from './settings';

const root = path.resolve(__dirname, '../..');
const kubernetes = path.join(root, 'deploy/kubernetes');
const compose = path.join(root, 'docker-compose.yml');

it('Kubernetes gives every app each secret setting that it reads', async () => {
  // The simulator is for one machine.
  expect(unwiredSecrets(allSettings, await kubernetesWiring(kubernetes), ['statsig-simulator'])).toEqual([]);
});

it('Docker Compose gives every app each secret setting that it reads', async () => {
  expect(unwiredSecrets(allSettings, await composeWiring(compose))).toEqual([]);
});

it.each([
  ['Kubernetes', () => kubernetesWiring(kubernetes)],
  ['Docker Compose', () => composeWiring(compose)],
])('a new secret setting is missing in %s until it is wired', async (_name, wiring) => {
  const groups = settingGroups(
    {},
    { mapper: { NEW_SECRET: secret(z.string()) }, ingest: { NEW: z.string() } },
  );
  expect(unwiredSecrets(groups, await wiring())).toEqual(['mapper: NEW_SECRET']);
});

it('the ConfigMap of the Kubernetes manifests holds no secret setting', async () => {
  const text = await readFile(path.join(kubernetes, 'base/kustomization.yaml'), 'utf8');
  const secrets = allSettings.flatMap(({ settings }) =>
    settings.filter(({ isSecret }) => isSecret).map(({ name }) => name),
  );
  expect(secrets.filter((name) => text.includes(`${name}=`))).toEqual([]);
});

it('no documented command has a secret among its arguments', async () => {
  const docs = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  for (const file of [...docs.map((name) => path.join('docs', name)), 'README.md']) {
    expect(await readFile(path.join(root, file), 'utf8')).not.toMatch(/--from-literal|redis-cli.* -a /);
  }
});
