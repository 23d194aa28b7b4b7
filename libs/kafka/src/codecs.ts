import { promisify } from 'node:util';
import { gzip, unzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs';
import { lz4FrameOf } from './lz4-frame';
import { batchHeaderOf, placeholdersFor } from './oversized-batch';

/** Limit of what one compressed batch may unpack to: it is in memory as a whole. */
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
  const options = { maxOutputLength: maxUnpackedBytes };
  const gunzip = promisify(unzip);
  CompressionCodecs[CompressionTypes.GZIP] = codec(promisify(gzip), (bytes) => gunzip(bytes, options));
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, (bytes) =>
    zstdDecompressSync(bytes, options),
  );
  CompressionCodecs[CompressionTypes.LZ4] = codec(compressFrameSync, lz4Decompress);
  CompressionCodecs[CompressionTypes.Snappy] = codec((bytes) => snappyCompress(bytes), snappyDecompress);
}

type Transform = (bytes: Buffer) => Buffer | Promise<Buffer>;

function codec(compress: Transform, decompress: Transform) {
  return () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (bytes: Buffer) => {
      const header = batchHeaderOf(bytes);
      try {
        return await decompress(bytes);
      } catch (error) {
        if (header === undefined || !isOversized(error)) throw error;
        return placeholdersFor(header);
      }
    },
  });
}

function isOversized(error: unknown): boolean {
  return (
    error instanceof OversizedBatchError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  );
}

/** The library has no limit. Like the Java client, this reads one frame, and nothing behind it. */
function lz4Decompress(bytes: Buffer): Buffer {
  const frame = lz4FrameOf(bytes);
  if (frame === undefined) throw new Error('The records are not an LZ4 frame.');
  if (frame.maxContentBytes > maxUnpackedBytes) throw new OversizedBatchError();
  return decompressFrameSync(bytes.subarray(0, frame.end));
}

/** The Java client frames Snappy in blocks (xerial): an 8-byte magic, two versions, then length-prefixed blocks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

function snappyDecompress(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyBlock(bytes, maxUnpackedBytes);
  const blocks: Buffer[] = [];
  let left = maxUnpackedBytes;
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
