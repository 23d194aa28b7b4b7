import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../start/root';
import { bundledPackages, importedPackages } from './bundled';
import { isAllowed, licenseOf } from './licenses';
import { licensesFile, licensesPage } from './licenses-page';
import { type Component, npmSbom, type Sbom } from './npm-sbom';
import { shipped } from './shipped';

const development = { name: 'cdx:npm:package:development', value: 'true' };

const component = (name: string, ...properties: Component['properties'] & object): Component => ({
  'bom-ref': `${name}@1.0.0`,
  name,
  properties,
});

const small: Sbom = {
  metadata: { component: { 'bom-ref': 'project@0.1.0' } },
  components: [
    component('server'),
    component('both'),
    component('@scope/page', { name: 'other', value: '1' }, development),
    component('of-page', development),
    component('test-tool', development),
  ],
  dependencies: [
    { ref: 'project@0.1.0', dependsOn: ['server@1.0.0', '@scope/page@1.0.0', 'test-tool@1.0.0'] },
    { ref: 'server@1.0.0', dependsOn: ['both@1.0.0'] },
    { ref: '@scope/page@1.0.0', dependsOn: ['of-page@1.0.0'] },
    { ref: 'of-page@1.0.0', dependsOn: ['@scope/page@1.0.0'] },
    { ref: 'test-tool@1.0.0', dependsOn: ['both@1.0.0'] },
  ],
};

describe('the SBOM of what is shipped', () => {
  it('has the packages of the apps and of the web page, but no other development packages', () => {
    const { components, dependencies } = shipped(small, new Set(['@scope/page']));
    expect(components.map(({ name }) => name)).toEqual(['server', 'both', '@scope/page', 'of-page']);
    expect(dependencies.map(({ ref }) => ref)).not.toContain('test-tool@1.0.0');
    expect(dependencies[0]?.dependsOn).toEqual(['server@1.0.0', '@scope/page@1.0.0']);
  });

  it('does not mark the packages of the web page as development packages', () => {
    const page = shipped(small, new Set(['@scope/page'])).components[2];
    expect(page).toMatchObject({ scope: 'required', properties: [{ name: 'other', value: '1' }] });
  });

  it('contains every dependency in package.json, and every package that the web page imports', async () => {
    const { dependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const bundled = await bundledPackages();
    expect(bundled).toContain('react');
    const names = new Set(shipped(await npmSbom(), bundled).components.map(({ name }) => name));
    expect([...Object.keys(dependencies), ...bundled].filter((name) => !names.has(name))).toEqual([]);
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
    const { components } = shipped(await npmSbom(), await bundledPackages());
    const rejected = components.filter((one) => !isAllowed(licenseOf(one)));
    expect(rejected.map((one) => `${one['bom-ref']}: ${licenseOf(one) ?? 'none'}`)).toEqual([]);
  });

  it('are listed in THIRD-PARTY-LICENSES.md; otherwise run npm run licenses', async () => {
    const { components } = shipped(await npmSbom(), await bundledPackages());
    expect(await readFile(licensesFile, 'utf8')).toBe(await licensesPage(components));
  });
});
