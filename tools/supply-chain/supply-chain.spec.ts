import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../start/root';
import { bundledPackages, importedPackages } from './bundled';
import { isAllowed, licenseOf } from './licenses';
import { licensesFile, licensesPage } from './licenses-page';
import { type Component, type Sbom } from './npm-sbom';
import { shipped } from './shipped';
import { shippedSbom } from './shipped-sbom';

const development = { name: 'cdx:npm:package:development', value: 'true' };

const component = (name: string, ...properties: Component['properties'] & object): Component => ({
  'bom-ref': `${name}@1.0.0`,
  name,
  properties,
});

const small: Sbom = {
  metadata: { component: { 'bom-ref': 'project@0.1.0', name: 'folder' } },
  components: [
    component('server'),
    // A test tool has another copy of it.
    component('both', development),
    component('@scope/page', { name: 'other', value: '1' }, development),
    component('of-page', development),
    component('test-tool', development),
  ],
  dependencies: [
    { ref: 'project@0.1.0', dependsOn: ['server@1.0.0', '@scope/page@1.0.0', 'test-tool@1.0.0'] },
    { ref: 'server@1.0.0', dependsOn: ['both@1.0.0'] },
    { ref: 'both@1.0.0', dependsOn: [] },
    { ref: '@scope/page@1.0.0', dependsOn: ['of-page@1.0.0'] },
    { ref: 'of-page@1.0.0', dependsOn: ['@scope/page@1.0.0'] },
    { ref: 'test-tool@1.0.0', dependsOn: ['both@1.0.0'] },
  ],
};

describe('the SBOM of what is shipped', () => {
  it('has the packages of the apps and of the web page, but no other development packages', () => {
    const { metadata, components, dependencies } = shipped(small, new Set(['server', '@scope/page']));
    expect(metadata.component.name).toBe('project');
    expect(components.map(({ name }) => name)).toEqual(['server', 'both', '@scope/page', 'of-page']);
    expect(dependencies.map(({ ref }) => ref)).not.toContain('test-tool@1.0.0');
    expect(dependencies[0]?.dependsOn).toEqual(['server@1.0.0', '@scope/page@1.0.0']);
  });

  it('does not mark them as development packages', () => {
    const page = shipped(small, new Set(['@scope/page'])).components[0];
    expect(page).toMatchObject({ scope: 'required', properties: [{ name: 'other', value: '1' }] });
  });

  it('contains what npm installs without development packages, and what the web page imports', async () => {
    const { packages } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; dev?: true }>;
    };
    const installed = Object.entries(packages)
      .filter(([where, { dev }]) => where !== '' && dev !== true)
      .map(([where, { version }]) => `${where.slice(where.lastIndexOf('node_modules/') + 13)}@${version}`);
    const { components } = await shippedSbom();
    const refs = new Set(components.map((one) => one['bom-ref']));
    expect(installed.filter((ref) => !refs.has(ref))).toEqual([]);
    const bundled = await bundledPackages();
    expect(bundled).toContain('react');
    const names = new Set(components.map(({ name }) => name));
    expect([...bundled].filter((name) => !names.has(name))).toEqual([]);
  });
});

it('finds the packages that a module imports', () => {
  const source =
    "import a from 'a';\nimport '@b/c/styles.css';\nimport {\n  d,\n} from 'd/e';\nimport f from './f';";
  expect(importedPackages(source)).toEqual(['a', '@b/c', 'd']);
});

describe('the licenses of what is shipped', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR CC0-1.0)', true],
    ['MIT AND ISC AND BSD-3-Clause', true],
    ['GPL-3.0-only', false],
    ['MIT OR GPL-3.0-only', false],
    ['Apache-2.0 WITH LLVM-exception', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['UNLICENSED', false],
    ['', false],
    [undefined, false],
  ])('%s is allowed: %s', (license, expected) => {
    expect(isAllowed(license)).toBe(expected);
  });

  it('are all allowed; a new one needs a decision in licenses.ts', async () => {
    const { components } = await shippedSbom();
    const rejected = components.filter((one) => !isAllowed(licenseOf(one)));
    expect(rejected.map((one) => `${one['bom-ref']}: ${licenseOf(one) ?? 'none'}`)).toEqual([]);
  });

  it('are listed in THIRD-PARTY-LICENSES.md; otherwise run npm run licenses', async () => {
    const { components } = await shippedSbom();
    expect(await readFile(licensesFile, 'utf8')).toBe(await licensesPage(components));
  });
});
