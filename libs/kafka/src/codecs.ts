import { promisify } from 'node:util';
import { gzip, unzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs';
import { lz4FrameOf } from './lz4-frame';
import { batchHeaderBytes, batchHeaderOf, placeholdersFor } from './oversized-batch';

/**
 * Maximum decompressed size of one batch, and of all following batches of the same partition in a response together: all of
 * them are in memory at the same time.
 */
export const maxDecompressedBytes = 64 * 1024 * 1024;

/** The decompressed batch would exceed the limit. */
class OversizedBatchError extends Error {
  override readonly name = 'OversizedBatchError';

  constructor() {
    super(`A batch has more than ${maxDecompressedBytes} bytes when decompressed.`);
  }
}

/**
 * Registers codecs with a size limit. kafkajs itself supports only gzip, without a limit, and its consumer crashes on any other
 * codec, but producers of `revenuecat.events` may use any of them.
 */
export function registerCodecs(): void {
  const gunzip = promisify(unzip);
  CompressionCodecs[CompressionTypes.GZIP] = codec(promisify(gzip), (bytes, maxOutputLength) =>
    gunzip(bytes, { maxOutputLength }),
  );
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, (bytes, maxOutputLength) =>
    zstdDecompressSync(bytes, { maxOutputLength }),
  );
  CompressionCodecs[CompressionTypes.LZ4] = codec(compressFrameSync, lz4Decompress);
  CompressionCodecs[CompressionTypes.Snappy] = codec((bytes) => snappyCompress(bytes), snappyDecompress);
}

/** By response: decompressed bytes so far, and the end of the last compressed batch in the response. */
const responses = new WeakMap<ArrayBufferLike, { decompressedBytes: number; end: number }>();

function codec(
  compress: (bytes: Buffer) => Buffer | Promise<Buffer>,
  decompress: (bytes: Buffer, maxBytes: number) => Buffer | Promise<Buffer>,
) {
  return () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (bytes: Buffer) => {
      const header = batchHeaderOf(bytes);
      if (header === undefined) return decompress(bytes, maxDecompressedBytes);
      const { decompressedBytes, end } = responses.get(bytes.buffer) ?? { decompressedBytes: 0, end: -1 };
      const isFirst = end !== bytes.byteOffset - batchHeaderBytes;
      try {
        const maxBytes = isFirst
          ? maxDecompressedBytes
          : Math.max(1, maxDecompressedBytes - decompressedBytes);
        const decompressed = await decompress(bytes, maxBytes);
        responses.set(bytes.buffer, {
          decompressedBytes: decompressedBytes + decompressed.length,
          end: bytes.byteOffset + bytes.length,
        });
        return decompressed;
      } catch (error) {
        if (!isOversized(error)) throw error;
        if (isFirst) return placeholdersFor(header);
        throw new PartialResponseError();
      }
    },
  });
}

/** Makes kafkajs process the batches decoded so far and fetch the rest again, as after a truncated response. */
class PartialResponseError extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

function isOversized(error: unknown): boolean {
  return (
    error instanceof OversizedBatchError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  );
}

/** The library has no limit. Like the Java client, this reads one frame and ignores anything after it. */
function lz4Decompress(bytes: Buffer, maxBytes: number): Buffer {
  const frame = lz4FrameOf(bytes);
  if (frame === undefined) throw new Error('The records are not an LZ4 frame.');
  if (frame.maxContentBytes > maxBytes) throw new OversizedBatchError();
  return decompressFrameSync(bytes.subarray(0, frame.end));
}

/** The Java client frames Snappy in blocks (xerial): an 8-byte magic, two versions, then length-prefixed blocks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

function snappyDecompress(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyBlock(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let left = maxBytes;
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const block = snappyBlock(bytes.subarray(at + 4, at + 4 + length), left);
    blocks.push(block);
    left -= block.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

/** A block begins with the length of its content: seven bits per byte, the lowest first. */
function snappyBlock(bytes: Buffer, maxBytes: number): Buffer {
  let length = 0;
  for (let at = 0, factor = 1; at < 5; at++, factor *= 0x80) {
    const byte = bytes[at] ?? 0;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
  }
  if (length > maxBytes) throw new OversizedBatchError();
  return snappyUncompress(bytes);
}
