import { createHash } from 'node:crypto';
import { glob, stat } from 'node:fs/promises';
import path from 'node:path';
import { root } from './root';

const sources = ['{apps,libs,tools/cli}/**/*', 'nest-cli.json', 'tsconfig.json', 'package-lock.json'];

/** Returns a hash that changes when an input of the build changes. */
export async function sourceFingerprint(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(sources, { cwd: root })) files.push(file);
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const found = await stat(path.join(root, file));
    if (found.isFile()) hash.update(`${file}\n${found.size}\n${found.mtimeMs}\n`);
  }
  return hash.digest('hex');
}
