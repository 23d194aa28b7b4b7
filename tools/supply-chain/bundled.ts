import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../start/root';

/** The names of the packages that the web page of the console imports. */
export async function bundledPackages(): Promise<Set<string>> {
  const folder = path.join(root, 'apps/console/web/src');
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.tsx?$/.test(file));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return new Set(texts.flatMap(importedPackages));
}

/** The packages in `import … from 'package/path'` and `import 'package/path'`; relative paths are none. */
export function importedPackages(source: string): string[] {
  return [...source.matchAll(/\b(?:from|import) '((?:@[^/']+\/)?[^./@'][^/']*)/g)].map(
    ([, name = '']) => name,
  );
}
