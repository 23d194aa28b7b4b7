import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { registerCodecs } from './codecs';

const types = {
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;
type Name = keyof typeof types;
const names = Object.keys(types) as Name[];

/** A repeated line in several blocks, compressed by `Compression` of Apache Kafka's Java client 4.1.1. */
const fromJava = JSON.parse(
  readFileSync(path.join(__dirname, '../test/java-compressed.json'), 'utf8'),
) as Record<Name, { lines: number; base64: string }>;
const line = 'A subscription was renewed.\n';

interface Codec {
  compress: (encoder: { buffer: Buffer }) => Promise<Buffer>;
  decompress: (bytes: Buffer) => Promise<Buffer>;
}

describe('the codecs', () => {
  beforeAll(registerCodecs);

  const codec = (name: Name): Codec => (CompressionCodecs[types[name]] as () => Codec)();

  it.each(names)('read %s of the Java client', async (name) => {
    const { lines, base64 } = fromJava[name];
    const bytes = await codec(name).decompress(Buffer.from(base64, 'base64'));
    expect(bytes.toString() === line.repeat(lines)).toBe(true);
  });

  it.each(names)('read the %s that they write', async (name) => {
    const { compress, decompress } = codec(name);
    const buffer = Buffer.from(line.repeat(10_000));
    const compressed = await compress({ buffer });
    expect(compressed.length).toBeLessThan(buffer.length / 10);
    expect(buffer.equals(await decompress(compressed))).toBe(true);
  });
});
