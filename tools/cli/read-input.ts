import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { CannotRunError } from './exit-codes';

/** The path of a file that an operator names. npm runs the command in the folder of the repository, and not in that of the operator. */
export function pathOf(file: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? '.', file);
}

/** Reads a file, or standard input if it is `-`. */
export async function readInput(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(pathOf(file), 'utf8').catch((error: unknown) => {
    throw new CannotRunError(`The file cannot be read: ${(error as Error).message}`, { cause: error });
  });
}
