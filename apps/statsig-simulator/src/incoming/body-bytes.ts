import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal } from './refusal';

const inflate = promisify(gunzip);

/**
 * The bytes that were meant: what `Content-Encoding: gzip` hides, no more than `maxBytes` of it.
 * Throws a {@link Refusal}: 413 too large, 400 no gzip, 415 another encoding.
 */
export async function bodyBytes(
  body: unknown,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new Refusal(415, `Content-Encoding "${encoding}" is not taken. Use gzip or none.`);
  try {
    return await inflate(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(413, `The body is larger than ${maxBytes} bytes once unzipped. Send fewer events.`);
    throw new Refusal(400, `The body is not gzip: ${(error as Error).message}.`);
  }
}
