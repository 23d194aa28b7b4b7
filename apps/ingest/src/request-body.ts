import { type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';

/** Bytes of all bodies that are being received. */
export class BodyBudget {
  private used = 0;

  constructor(private readonly totalBytes: number) {}

  /** False if the bytes do not fit now. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.totalBytes) return false;
    this.used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}

export type ReceivedBody =
  | { kind: 'complete'; bytes: Buffer }
  /** The first `maxBytes`. */
  | { kind: 'too_large'; bytes: Buffer }
  | { kind: 'overloaded' }
  /** The sender closed the connection. */
  | { kind: 'incomplete' };

/**
 * Receives a body of up to `maxBytes`, if the budget allows; no more than that is ever held. What follows a result other than
 * `complete` is left unread. An async iterator over the stream would cost as much as checking the Authorization value.
 */
export function receiveBody(
  stream: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<ReceivedBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const finish = (body: ReceivedBody): void => {
      stream.off('data', receive).off('end', complete).off('close', incomplete).pause();
      budget.release(received);
      resolve(body);
    };
    const receive = (chunk: Buffer): void => {
      const part = chunk.subarray(0, maxBytes - received);
      if (!budget.take(part.length)) {
        finish({ kind: 'overloaded' });
        return;
      }
      received += part.length;
      chunks.push(part);
      if (part.length < chunk.length) finish({ kind: 'too_large', bytes: Buffer.concat(chunks) });
    };
    const complete = (): void => {
      finish({ kind: 'complete', bytes: Buffer.concat(chunks) });
    };
    const incomplete = (): void => {
      finish({ kind: 'incomplete' });
    };
    if (stream.destroyed) {
      incomplete();
      return;
    }
    // An error is followed by 'close'.
    stream.on('error', () => undefined);
    stream.on('data', receive).on('end', complete).on('close', incomplete);
  });
}

export type DecodedBody =
  | { kind: 'decoded'; bytes: Buffer }
  | { kind: 'too_large' }
  | { kind: 'corrupt'; detail: string }
  | { kind: 'unsupported' };

const decoders: Record<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** The content of a body as its Content-Encoding says, of at most `maxBytes`. */
export async function decodeBody(
  bytes: Buffer,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<DecodedBody> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return { kind: 'decoded', bytes };
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decode === undefined) return { kind: 'unsupported' };
  try {
    return { kind: 'decoded', bytes: await decode(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ERR_BUFFER_TOO_LARGE' ? { kind: 'too_large' } : { kind: 'corrupt', detail: message };
  }
}
