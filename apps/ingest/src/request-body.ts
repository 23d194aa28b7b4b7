import { type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';
import { bulkhead } from 'cockatiel';

const mebibyte = 1024 * 1024;

/**
 * Memory for all bodies of senders whose Authorization value was checked, and of those that only a signature identifies. A
 * body larger than the budget would never be accepted.
 */
export const budgetBytes = { authorized: 64 * mebibyte, unauthorized: 16 * mebibyte };

/** A body that counts towards a {@link BodyBudget}. */
interface BudgetedBody {
  /** Stops receiving the body and releases its memory. */
  drop: () => void;
}

/**
 * Bounds the memory that bodies use. When the budget is used up, the body that has been incomplete for the longest time is
 * dropped in favor of the new one: a webhook of a few kB is complete within milliseconds, so a dropped body has stalled or
 * would not be complete in time.
 */
export class BodyBudget {
  private used = 0;
  /** Incomplete bodies that use memory, in the order of their first bytes. */
  private readonly incomplete = new Set<BudgetedBody>();

  constructor(private readonly totalBytes: number) {}

  /** Protects a body from being dropped, because it is complete or no longer received. */
  protect(body: BudgetedBody): void {
    this.incomplete.delete(body);
  }

  /** Reserves memory. Returns false if there is too little, even after dropping all bodies that started before this one. */
  reserve(body: BudgetedBody, bytes: number): boolean {
    while (this.used + bytes > this.totalBytes) {
      const [oldest] = this.incomplete;
      if (oldest === undefined || oldest === body) return false;
      oldest.drop();
    }
    this.used += bytes;
    this.incomplete.add(body);
    return true;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}

export type ReceivedBody =
  | { kind: 'complete'; bytes: Buffer }
  /** `bytes` has the first `maxBytes`. */
  | { kind: 'too_large'; bytes: Buffer }
  | { kind: 'overloaded' }
  /** The sender closed the connection. */
  | { kind: 'incomplete' };

const minCapacityBytes = 1_024;
const nothing = Buffer.alloc(0);

/** The body of one request, from its first byte until the request has been handled. */
export class RequestBody {
  private held = 0;
  private budget: BodyBudget | undefined;
  private bytes: Buffer = nothing;
  private length = 0;

  constructor(private readonly stream: IncomingMessage) {}

  /**
   * Receives up to `maxBytes`, if the budget allows, and never holds more. If the result is not `complete`, the rest of the
   * body is left unread. An async iterator over the stream would cost as much as checking the Authorization value.
   */
  receive(maxBytes: number, budget: BodyBudget): Promise<ReceivedBody> {
    const { stream } = this;
    this.budget = budget;
    return new Promise((resolve) => {
      const finish = (body: ReceivedBody): void => {
        stream.off('data', receive).off('end', complete).off('close', incomplete).pause();
        budget.protect(dropped);
        if (!('bytes' in body)) this.release();
        resolve(body);
      };
      const dropped: BudgetedBody = {
        drop: () => {
          finish({ kind: 'overloaded' });
        },
      };
      const receive = (chunk: Buffer): void => {
        const part = chunk.subarray(0, maxBytes - this.length);
        if (!this.append(part, maxBytes, (bytes) => budget.reserve(dropped, bytes))) dropped.drop();
        else if (part.length < chunk.length) finish({ kind: 'too_large', bytes: this.received });
      };
      const complete = (): void => {
        finish({ kind: 'complete', bytes: this.received });
      };
      const incomplete = (): void => {
        finish({ kind: 'incomplete' });
      };
      if (stream.destroyed) {
        incomplete();
        return;
      }
      // A 'close' event follows each error.
      stream.on('error', () => undefined);
      stream.on('data', receive).on('end', complete).on('close', incomplete);
    });
  }

  /** Releases the memory once the bytes are no longer needed. */
  release(): void {
    this.budget?.release(this.held);
    this.held = 0;
    this.bytes = nothing;
    this.length = 0;
  }

  private get received(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /**
   * Most bodies have one chunk, which is not copied. The chunks of other bodies are copied into one growing buffer, because
   * a chunk of one byte uses hundreds of bytes of memory. Returns false if the budget does not allow it.
   */
  private append(part: Buffer, maxBytes: number, take: (bytes: number) => boolean): boolean {
    const isFirst = this.length === 0;
    const length = this.length + part.length;
    if (length > this.bytes.length) {
      const capacity = isFirst
        ? part.buffer.byteLength
        : Math.min(maxBytes, Math.max(minCapacityBytes, 2 * length));
      if (!take(capacity - this.held)) return false;
      this.held = capacity;
      this.bytes = isFirst ? part : enlarged(this.received, capacity);
    }
    if (!isFirst) part.copy(this.bytes, this.length);
    this.length = length;
    return true;
  }
}

function enlarged(bytes: Buffer, capacity: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(capacity);
  bytes.copy(larger);
  return larger;
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

/** Limits concurrent decompressions: their output is outside the budget, and may be a thousand times as large as the input. */
const decompressions = bulkhead(4, Number.MAX_SAFE_INTEGER);

/** Decodes a body according to its Content-Encoding, to at most `maxBytes`. */
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
    const content = await decompressions.execute(() => decode(bytes, { maxOutputLength: maxBytes }));
    return { kind: 'decoded', bytes: content };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ERR_BUFFER_TOO_LARGE' ? { kind: 'too_large' } : { kind: 'corrupt', detail: message };
  }
}
