import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The abbreviated commit hash of a checkout. */
export async function readCommit(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder });
  return stdout.trim();
}
