import { readFile } from 'node:fs/promises';

/** The last lines of a log file, for an error message; empty if the file does not exist. */
export async function lastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
