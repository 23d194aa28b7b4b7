import { promisify } from 'node:util';
import { gzip, unzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs';
import { lz4FrameOf } from './lz4-frame';
import { batchHeaderBytes, batchHeaderOf, placeholdersFor } from './oversized-batch';

/**
 * Limit of what one compressed batch may unpack to, and of what follows it in a response may unpack to in all: everything that
 * a response has of a partition is in memory at a time.
 */
export const maxUnpackedBytes = 64 * 1024 * 1024;

/** A batch unpacks to more than the limit. */
class OversizedBatchError extends Error {
  override readonly name = 'OversizedBatchError';

  constructor() {
    super(`A compressed batch has more than ${maxUnpackedBytes} bytes.`);
  }
}

/**
 * kafkajs reads gzip only, of any size, and a consumer that meets another codec crashes.
 * Anybody may produce to `revenuecat.events`, with the codec of their choice.
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

/** What the compressed batches of a response have unpacked to so far, and where the last of them ends in its memory. */
const responses = new WeakMap<ArrayBufferLike, { unpackedBytes: number; end: number }>();

function codec(
  compress: (bytes: Buffer) => Buffer | Promise<Buffer>,
  decompress: (bytes: Buffer, maxBytes: number) => Buffer | Promise<Buffer>,
) {
  return () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (bytes: Buffer) => {
      const header = batchHeaderOf(bytes);
      if (header === undefined) return decompress(bytes, maxUnpackedBytes);
      const { unpackedBytes, end } = responses.get(bytes.buffer) ?? { unpackedBytes: 0, end: -1 };
      const isFirst = end !== bytes.byteOffset - batchHeaderBytes;
      try {
        const maxBytes = isFirst ? maxUnpackedBytes : Math.max(1, maxUnpackedBytes - unpackedBytes);
        const unpacked = await decompress(bytes, maxBytes);
        responses.set(bytes.buffer, {
          unpackedBytes: unpackedBytes + unpacked.length,
          end: bytes.byteOffset + bytes.length,
        });
        return unpacked;
      } catch (error) {
        if (!isOversized(error)) throw error;
        if (isFirst) return placeholdersFor(header);
        throw new RestOfResponse();
      }
    },
  });
}

/** kafkajs goes on with what it has decoded of the partition, and fetches the rest anew, as if it had been cut off. */
class RestOfResponse extends Error {
  override readonly name = 'KafkaJSPartialMessageError';
}

function isOversized(error: unknown): boolean {
  return (
    error instanceof OversizedBatchError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  );
}

/** The library has no limit. Like the Java client, this reads one frame, and nothing behind it. */
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

/** A block begins with the length of its content: seven bits a byte, the lowest first. */
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
