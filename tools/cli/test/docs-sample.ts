import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../start/root';

/**
 * The output of a command in a page of docs, and the same output of the code, in which a line is shortened if the sample ends it
 * with `…`. Throws if the page has no such sample.
 *
 * @param command without `npm run cli --`
 */
export function docsSample(
  page: string,
  command: string,
  output: string,
): { shown: string[]; printed: string[] } {
  const lines = readFileSync(path.join(root, 'docs', page), 'utf8').split('\n');
  const at = lines.indexOf(`$ npm run cli -- ${command}`);
  if (at === -1) throw new Error(`docs/${page} has no sample of ${command}`);
  const rest = lines.slice(at + 1);
  const shown = rest.slice(
    0,
    rest.findIndex((line) => line.startsWith('$ ') || line === '```'),
  );
  const printed = output.split('\n').map((line, i) => {
    const sample = shown[i];
    return sample?.endsWith('…') === true && line.startsWith(sample.slice(0, -1)) ? sample : line;
  });
  return { shown, printed };
}
