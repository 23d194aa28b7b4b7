/** `npm run licenses`: writes THIRD-PARTY-LICENSES.md. */
import { writeFile } from 'node:fs/promises';
import { licensesFile, licensesPage } from './licenses-page';
import { shippedSbom } from './shipped-sbom';

void main();

async function main(): Promise<void> {
  const { components } = await shippedSbom();
  await writeFile(licensesFile, await licensesPage(components));
}
