/** `npm run sbom`: writes the SBOM of the npm packages in the image to dist/sbom.cdx.json. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../start/root';
import { shippedSbom } from './shipped-sbom';

const file = path.join(root, 'dist', 'sbom.cdx.json');

void main();

async function main(): Promise<void> {
  const sbom = await shippedSbom();
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(sbom, null, 2)}\n`);
  process.stdout.write(`${path.relative(root, file)}: ${String(sbom.components.length)} packages\n`);
}
