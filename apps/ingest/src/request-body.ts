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

/** Receives a body of up to `maxBytes`, if the budget allows; no more than that is ever held. */
export async function receiveBody(
  stream: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<ReceivedBody> {
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const rest = maxBytes - received;
      const part = chunk.length > rest ? chunk.subarray(0, rest) : chunk;
      if (!budget.take(part.length)) return { kind: 'overloaded' };
      received += part.length;
      chunks.push(part);
      if (chunk.length > rest) return { kind: 'too_large', bytes: Buffer.concat(chunks) };
    }
    return { kind: 'complete', bytes: Buffer.concat(chunks) };
  } catch {
    return { kind: 'incomplete' };
  } finally {
    budget.release(received);
  }
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
