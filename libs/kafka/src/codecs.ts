import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs';

/**
 * kafkajs reads gzip only, and a consumer that meets another codec crashes.
 * Anybody may produce to `revenuecat.events`, with the codec of their choice.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, zstdDecompressSync);
  CompressionCodecs[CompressionTypes.LZ4] = codec(compressFrameSync, decompressFrameSync);
  CompressionCodecs[CompressionTypes.Snappy] = codec((bytes) => snappyCompress(bytes), snappyDecompress);
}

type Transform = (bytes: Buffer) => Buffer;

function codec(compress: Transform, decompress: Transform) {
  return () => ({
    compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(compress(buffer)),
    decompress: (bytes: Buffer) => Promise.resolve(decompress(bytes)),
  });
}

/** The Java client frames Snappy in blocks (xerial): an 8-byte magic, two versions, then length-prefixed blocks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

function snappyDecompress(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyUncompress(bytes);
  const blocks: Buffer[] = [];
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    blocks.push(snappyUncompress(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}
