import { existsSync } from 'node:fs';
import path from 'node:path';

/** What RevenueCat and Statsig have published is not ours to copy. It may be present beside the repository. */
const folder = path.resolve(__dirname, '../../../../shared');

/**
 * Defines a test that compares our fixtures with what others have published. If that is missing, the test is skipped, and its
 * title states it.
 *
 * @param file path in the folder of published documents
 */
export function testPublished(
  file: string,
  title: string,
  test: (path: string) => void | Promise<void>,
): void {
  const full = path.join(folder, file);
  if (existsSync(full)) it(title, async () => test(full));
  else it.skip(`${title} (not compared: ../shared/${file} is missing)`, () => undefined);
}
