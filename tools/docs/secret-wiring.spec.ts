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

it('Kubernetes passes every app the secret settings that it reads', async () => {
  // The simulator is not deployed to Kubernetes.
  expect(unwiredSecrets(allSettings, await kubernetesWiring(kubernetes), ['statsig-simulator'])).toEqual([]);
});

it('Docker Compose passes every app the secret settings that it reads', async () => {
  expect(unwiredSecrets(allSettings, await composeWiring(compose))).toEqual([]);
});

it.each([
  ['Kubernetes', () => kubernetesWiring(kubernetes)],
  ['Docker Compose', () => composeWiring(compose)],
])('a new secret setting that %s does not pass is reported', async (_name, wiring) => {
  const groups = settingGroups(
    {},
    { mapper: { NEW_SECRET: secret(z.string()) }, ingest: { NEW: z.string() } },
  );
  expect(unwiredSecrets(groups, await wiring())).toEqual(['mapper: NEW_SECRET']);
});

it('the ConfigMap of the Kubernetes manifests does not contain secret settings', async () => {
  const text = await readFile(path.join(kubernetes, 'base/kustomization.yaml'), 'utf8');
  const secrets = allSettings.flatMap(({ settings }) =>
    settings.filter(({ isSecret }) => isSecret).map(({ name }) => name),
  );
  expect(secrets.filter((name) => text.includes(`${name}=`))).toEqual([]);
});

/** Other users of a machine can read the arguments of processes, but not those of shell builtins. */
const secretArguments = [
  /--from-literal/,
  /\bredis-cli\b.* (-a|--pass) /,
  /\bcurl\b.* (-u|--user|--oauth2-bearer) /,
  /\bcurl\b.* (-H|--header) *['"]?(Authorization|Proxy-Authorization|Cookie|STATSIG-API-KEY|X-API-Key)\b/i,
  /-hmac /,
  /--(password|token|secret)[ =]/,
  // Credentials in the URL of an argument, not of a variable.
  /^(?!\s*\w+=).*\b\w+:\/\/[^\s/@]+:[^\s/@]+@/,
];

/** The shell commands in a page of documentation, with continued lines joined. */
function commandsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .filter((line) => !/^\s*(#|$)/.test(line)),
  );
}

it('no documented command has a secret in its arguments', async () => {
  const docs = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  const files = [...docs.map((name) => path.join('docs', name)), 'README.md', 'CONTRIBUTING.md'];
  const texts = await Promise.all(files.map((file) => readFile(path.join(root, file), 'utf8')));
  const commands = texts.flatMap(commandsIn);
  const secrets = allSettings.flatMap(({ settings }) => settings.filter(({ isSecret }) => isSecret));
  const names = secrets.map(({ name }) => name).join('|');
  const ofSetting = new RegExp(`\\$\\{?(${names})\\b`);
  expect(commands.length).toBeGreaterThan(50);
  expect(commands.filter((line) => secretArguments.some((pattern) => pattern.test(line)))).toEqual([]);
  // `printf` and `echo` are shell builtins.
  const withSetting = commands.filter((line) =>
    ofSetting.test(line.replaceAll(/\b(printf|echo) [^|;]*/g, '')),
  );
  expect(withSetting).toEqual([]);
});

it.each([
  'curl -H "Authorization: Bearer $TOKEN" http://x',
  "curl -s -X PUT -u 'me:mine' http://x",
  'kubectl create secret generic x --from-literal=A=b',
  'redis-cli -h redis -a mine ping',
  'printf x | openssl dgst -sha256 -hmac "$SECRET"',
  'redis-cli -u rediss://user:password@host:6379',
  'tool --password=mine',
])('a secret in the arguments of a command is found: %s', (command) => {
  const [line = ''] = commandsIn(`\`\`\`sh\n${command}\n\`\`\``);
  expect(secretArguments.some((pattern) => pattern.test(line))).toBe(true);
});
