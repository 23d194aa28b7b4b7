import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CannotRunError } from './exit-codes';

/** Reads a file, or standard input if it is `-`. */
export async function readInput(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new CannotRunError(`The file cannot be read: ${(error as Error).message}`, { cause: error });
  });
}
