import { readFileSync } from 'node:fs';
import path from 'node:path';

/** True for `npm run test:security`, false for `npm test`. The Jest configuration sets it. */
export const isLongForm = (globalThis as { isLongForm?: boolean }).isLongForm === true;

export const mebibyte = 1024 * 1024;

/** NODE_OPTIONS of the image, with the heap size that they have in a container with this memory. */
export function nodeOptions(containerBytes: number): string {
  const dockerfile = readFileSync(path.resolve(__dirname, '../../Dockerfile'), 'utf8');
  const options = /NODE_OPTIONS="(.+?)"/.exec(dockerfile)?.[1] ?? '';
  const absolute = options.replace(/--max-old-space-size-percentage=(\d+)/, (_option, percentage) => {
    const bytes = (containerBytes * Number(percentage)) / 100;
    return `--max-old-space-size=${String(Math.floor(bytes / mebibyte))}`;
  });
  if (!absolute.includes('--max-old-space-size=')) throw new Error('the Dockerfile does not limit the heap');
  return absolute;
}

/** Rejects with the name of the step that timed out, which a Jest timeout does not report. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`${what} took longer than ${String(timeoutMs / 1_000)} s`));
  }, timeoutMs);
  return Promise.race([work, promise]).finally(() => {
    clearTimeout(timer);
  });
}
