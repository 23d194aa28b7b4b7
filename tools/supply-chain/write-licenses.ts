/** `npm run licenses`: writes THIRD-PARTY-LICENSES.md. */
import { writeFile } from 'node:fs/promises';
import { bundledPackages } from './bundled';
import { licensesFile, licensesPage } from './licenses-page';
import { npmSbom } from './npm-sbom';
import { shipped } from './shipped';

void main();

async function main(): Promise<void> {
  const { components } = shipped(await npmSbom(), await bundledPackages());
  await writeFile(licensesFile, await licensesPage(components));
}
