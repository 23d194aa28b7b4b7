import { createWriteStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CannotRunError } from '../exit-codes';
import { printable } from '../output';

/**
 * Throws a {@link CannotRunError} if the list cannot be written to this file, before the comparison, which may take minutes.
 * Creates the file, readable only for its owner, if it does not exist.
 */
export async function requireWritable(file: string, exports: readonly string[]): Promise<void> {
  try {
    await (await open(file, 'a', 0o600)).close();
  } catch (error) {
    throw new CannotRunError(`--missing-to: ${(error as Error).message}.`, { cause: error });
  }
  const target = await realpath(file);
  if ((await Promise.all(exports.map((name) => realpath(name)))).includes(target)) {
    throw new CannotRunError(`--missing-to would replace ${file}, which is a file of the export.`);
  }
}

/** Replaces the content of a file with these lines. */
export async function writeList(file: string, lines: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(printableLines(lines)), createWriteStream(file));
}

/** Prints a result as JSON, with the lines as the elements of its last member. */
export async function printWithList(result: object, name: string, lines: Iterable<string>): Promise<void> {
  const before = JSON.stringify(result, null, 2).replace(/\n\}$/, '');
  const document = jsonLines(`${before},\n  "${name}": [`, lines);
  await pipeline(Readable.from(printableLines(document)), process.stdout, { end: false });
}

function* jsonLines(before: string, lines: Iterable<string>): Generator<string> {
  yield before;
  let previous: string | undefined;
  for (const line of lines) {
    if (previous !== undefined) yield `    ${previous},`;
    previous = line;
  }
  if (previous !== undefined) yield `    ${previous}`;
  yield '  ]\n}';
}

function* printableLines(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield printable(line);
}
