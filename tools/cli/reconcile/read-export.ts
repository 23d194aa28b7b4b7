import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { csvRows } from '../csv';
import { CannotRunError } from '../exit-codes';
import { pathOf } from '../read-input';
import { type ExportRow, type InvalidRow, rowReader } from './export-row';

export interface ExportFile {
  path: string;
  bytes: number;
  isGzip: boolean;
}

/** Throws a {@link CannotRunError} if the file cannot be read. */
export async function findExportFile(name: string): Promise<ExportFile> {
  const file = pathOf(name);
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') === 'PAR1')
      throw new CannotRunError(`${name} is a Parquet file. Select CSV as the format of the export.`);
    return { path: file, bytes: size, isGzip: buffer[0] === 0x1f && buffer[1] === 0x8b };
  } catch (error) {
    if (error instanceof CannotRunError) throw error;
    throw new CannotRunError(`The file cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

/** A row, or what is wrong with it and its place in the file. */
export type ReadRow = ExportRow | (InvalidRow & { place: string });

/**
 * Reads the rows of a file as a stream. Throws if the file ends within compressed data or within a quote.
 *
 * @param onBytes called with the number of bytes of the file that were read
 */
export async function* readExport(
  { path: file, isGzip }: ExportFile,
  onBytes: (bytes: number) => void,
): AsyncGenerator<ReadRow> {
  const name = path.basename(file);
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const text = new PassThrough({ encoding: 'utf8', highWaterMark: chunkBytes });
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  const finished = isGzip
    ? pipeline(source, counter, createGunzip({ chunkSize: chunkBytes }), text)
    : pipeline(source, counter, text);
  // The error is thrown by reading the text.
  finished.catch(() => undefined);
  try {
    yield* rowsOf(text, name);
  } catch (error) {
    if (error instanceof CannotRunError) throw error;
    throw new Error(`${name} cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    text.destroy();
  }
}

const chunkBytes = 256 * 1024;

async function* rowsOf(text: Readable, name: string): AsyncGenerator<ReadRow> {
  let read: ReturnType<typeof rowReader> | undefined;
  let number = 0;
  for await (const cells of csvRows(text as AsyncIterable<string>)) {
    number += 1;
    if (read === undefined) {
      read = rowReader(cells, name);
      continue;
    }
    const row = read(cells);
    yield 'problem' in row ? { ...row, place: `row ${number} of ${name}` } : row;
  }
  if (read === undefined) throw new CannotRunError(`${name} is empty.`);
}
