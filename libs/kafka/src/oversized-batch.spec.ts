import { gzipSync, zstdCompressSync } from 'node:zlib';
import { CompressionTypes, type KafkaMessage } from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import { compress as snappyCompress } from 'snappyjs';
import { maxDecompressedBytes, registerCodecs } from './codecs';
import { headerNames } from './headers';
import { withoutPlaceholders } from './oversized-batch';

interface DecodedBatch {
  records: KafkaMessage[];
}

/** The codecs of kafkajs. */
const Decoder = jest.requireActual<new (bytes: Buffer) => unknown>('kafkajs/src/protocol/decoder');
const decodeBatch = jest.requireActual<(decoder: unknown) => Promise<DecodedBatch>>(
  'kafkajs/src/protocol/recordBatch/v0/decoder',
);

const zeros = Buffer.alloc(maxDecompressedBytes + 1);
/** Snappy blocks as the Java client frames them. The content is repeated, so that the blocks together are too large. */
const xerial = (block: Buffer, times: number): Buffer => {
  const framed = Buffer.concat([Buffer.alloc(4), block]);
  framed.writeUInt32BE(block.length);
  const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  return Buffer.concat([head, ...Array<Buffer>(times).fill(framed)]);
};

/** A batch from offset 1,000 on, with the header of a broker's response. */
function batchOf(codec: number, compressed: Buffer, count: number, lastOffsetDelta = count - 1): Buffer {
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(1_000n, 0);
  head.writeInt32BE(head.length - 12 + compressed.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(codec, 21);
  head.writeInt32BE(lastOffsetDelta, 23);
  head.writeInt32BE(count, 57);
  // In a response, other bytes precede the batch.
  return Buffer.concat([Buffer.alloc(7), head, compressed]).subarray(7);
}

const decodeMessages = jest.requireActual<(decoder: unknown) => Promise<KafkaMessage[]>>(
  'kafkajs/src/protocol/requests/fetch/v4/decodeMessages',
);

/** Decodes the part of a response for one partition. */
function decodeResponse(batches: readonly Buffer[]): Promise<KafkaMessage[]> {
  const bytes = Buffer.concat([Buffer.alloc(4), ...batches]);
  bytes.writeInt32BE(bytes.length - 4);
  return decodeMessages(new Decoder(bytes));
}

const decode = async (batch: Buffer): Promise<KafkaMessage[]> =>
  (await decodeBatch(new Decoder(batch))).records;

describe('a batch that is too large when decompressed', () => {
  beforeAll(registerCodecs);

  it.each([
    ['gzip', CompressionTypes.GZIP, () => gzipSync(zeros)],
    ['zstd', CompressionTypes.ZSTD, () => zstdCompressSync(zeros)],
    ['lz4', CompressionTypes.LZ4, () => compressFrameSync(zeros)],
    ['snappy', CompressionTypes.Snappy, () => snappyCompress(zeros)],
    [
      'snappy in blocks',
      CompressionTypes.Snappy,
      () => xerial(snappyCompress(Buffer.alloc(maxDecompressedBytes / 4)), 5),
    ],
  ])('is read as one record without a value, whatever its codec (%s)', async (_name, codec, compressed) => {
    const records = await decode(batchOf(codec, compressed(), 300));
    expect(records.map(({ offset }) => Number(offset))).toEqual(
      Array.from({ length: 300 }, (_, n) => 1_000 + n),
    );
    const found: [number, number][] = [];
    const left = withoutPlaceholders(records, (...range) => found.push(range));
    expect(found).toEqual([[1_000, 1_299]]);
    expect(left).toEqual([
      expect.objectContaining({
        offset: '1299',
        key: null,
        value: null,
        headers: { [headerNames.oversizedBatch]: '1000-1299' },
      }),
    ]);
  });

  it('is recognized if it is read from the middle, was compacted, and is among other batches', async () => {
    const records = await decode(batchOf(CompressionTypes.ZSTD, zstdCompressSync(zeros), 3, 500));
    expect(records.map(({ offset }) => offset)).toEqual(['1000', '1001', '1500']);
    const message = (offset: string) => ({ ...records[0], offset, headers: {}, value: null }) as KafkaMessage;
    const [before, after] = [message('999'), message('1501')];
    const left = withoutPlaceholders([before, ...records.slice(1), after]);
    expect(left.map(({ offset }) => offset)).toEqual(['999', '1500', '1501']);
    expect(left[1]?.headers).toEqual({ [headerNames.oversizedBatch]: '1000-1500' });
  });

  it('cannot be forged by a producer', () => {
    const forged = {
      offset: '5',
      key: null,
      value: null,
      headers: { [headerNames.oversizedBatch]: '0-9' },
    } as unknown as KafkaMessage;
    const good = { ...forged, offset: '4', headers: {} } as KafkaMessage;
    expect(withoutPlaceholders([good, forged])).toEqual([good, forged]);
  });

  it('is not decompressed if it has more records than kafkajs can read', async () => {
    const batch = batchOf(CompressionTypes.ZSTD, zstdCompressSync(Buffer.alloc(9)), 2_000_000);
    await expect(decode(batch)).rejects.toThrow('The batch at offset 1000 has 2000000 records');
  });
});

describe('batches that are too large together', () => {
  beforeAll(registerCodecs);

  /** A record without key, value and headers. */
  const batches = Array.from({ length: 3 }, () => {
    const content = Buffer.alloc((maxDecompressedBytes * 2) / 5);
    content.set([12, 0, 0, 0, 1, 1, 0]);
    return batchOf(CompressionTypes.ZSTD, zstdCompressSync(content), 1);
  });

  it('are read one response after another', async () => {
    expect(await decodeResponse(batches)).toHaveLength(2);
    expect(await decodeResponse(batches.slice(2))).toHaveLength(1);
  });
});
