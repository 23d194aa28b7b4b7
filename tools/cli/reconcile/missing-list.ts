import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CannotRunError } from '../exit-codes';
import { printable } from '../output';
import { pathOf } from '../read-input';
import { type ExportFile } from './read-export';

/** Only its owner can read the list, because it contains ids of customers. */
const mode = 0o600;

/**
 * Returns the path of the file for the list. Throws a {@link CannotRunError} if the list cannot be written to it, before the
 * comparison, which may take minutes. Creates the file, readable only for its owner, if it does not exist.
 */
export async function writableFile(name: string, exports: readonly ExportFile[]): Promise<string> {
  const file = pathOf(name);
  try {
    await (await open(file, 'a', mode)).close();
  } catch (error) {
    throw new CannotRunError(`--missing-to: ${(error as Error).message}.`, { cause: error });
  }
  const target = await stat(file);
  const others = await Promise.all(exports.map((one) => stat(one.path)));
  if (others.some(({ dev, ino }) => dev === target.dev && ino === target.ino)) {
    throw new CannotRunError(`--missing-to would replace ${name}, which is a file of the export.`);
  }
  return file;
}

/** Replaces the content of a file with these lines. */
export async function writeList(file: string, lines: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(printableLines(lines)), createWriteStream(file, { mode }));
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    // The lines come from the workspace, which has errors of its own.
    if (syscall === undefined) throw error;
    throw new Error(
      `--missing-to: ${file} is incomplete: ${message}. Nothing was sent. Run the command again when the file can be written.`,
      { cause: error },
    );
  }
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
