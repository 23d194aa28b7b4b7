import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BadRequestException, PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';

const inflate = promisify(gunzip);

/**
 * The body after decompression, of at most `maxBytes`.
 * Throws an exception with the status of the response: 413 if it is too large, 400 if it is not gzip, 415 for any other encoding.
 */
export async function bodyBytes(
  body: unknown,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) return Buffer.alloc(0);
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new UnsupportedMediaTypeException(
      `Content-Encoding "${encoding}" is not supported. Use gzip or none.`,
    );
  try {
    return await inflate(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new PayloadTooLargeException(
        `The body is larger than ${maxBytes} bytes after decompression. Send fewer events.`,
      );
    throw new BadRequestException(`The body is not gzip: ${(error as Error).message}.`);
  }
}
