import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../start/root';
import { bundledPackages } from './bundled';
import { npmSbom, type Sbom } from './npm-sbom';
import { shipped } from './shipped';

/** Returns the SBOM of the npm packages in the image, on all platforms. */
export async function shippedSbom(): Promise<Sbom> {
  const { dependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return shipped(await npmSbom(), new Set([...Object.keys(dependencies), ...(await bundledPackages())]));
}
