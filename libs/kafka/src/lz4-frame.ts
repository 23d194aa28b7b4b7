const frameMagic = 0x184d2204;
/** Flags of a frame's descriptor. */
const flag = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const;
const uncompressedBlock = 0x80000000;
/** Maximum compression ratio of a block. */
const maxRatio = 255;

export interface Lz4Frame {
  /** Where the frame ends, in bytes. */
  end: number;
  /** Upper bound of the decompressed size; it exceeds the original size by at most one block. */
  maxContentBytes: number;
}

/**
 * Reads the sizes of an LZ4 frame's blocks, without decompressing them
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). Undefined if the bytes do not begin with a frame.
 */
export function lz4FrameOf(bytes: Buffer): Lz4Frame | undefined {
  if (bytes.length < 7 || bytes.readUInt32LE() !== frameMagic) return undefined;
  const flags = bytes.readUInt8(4);
  const maxBlockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  let maxContentBytes = 0;
  let at = 7 + (flags & flag.contentSize ? 8 : 0) + (flags & flag.dictionary ? 4 : 0);
  for (;;) {
    const word = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : 0;
    at += 4;
    if (word === 0) break;
    const isCompressed = word < uncompressedBlock;
    const length = isCompressed ? word : word - uncompressedBlock;
    maxContentBytes += isCompressed ? Math.min(maxBlockBytes, length * maxRatio) : length;
    at += length + (flags & flag.blockChecksum ? 4 : 0);
  }
  return { end: at + (flags & flag.contentChecksum ? 4 : 0), maxContentBytes };
}
