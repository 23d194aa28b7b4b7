import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compressFrameSync } from 'lz4-napi';
import { lz4FrameOf } from './lz4-frame';

/** Maximum block size of a frame. */
const maxBlockBytes = 4 * 1024 * 1024;

describe('the size of an LZ4 frame', () => {
  const line = 'A subscription was renewed.\n';

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from(line.repeat(100_000))],
    ['zeros', Buffer.alloc(50_000_000)],
    ['bytes that cannot be compressed', randomBytes(1_000_000)],
  ])('is found without decompressing it: %s', (_what, content) => {
    for (const options of [{}, { contentChecksum: true, blockChecksums: true }]) {
      const compressed = compressFrameSync(content, options);
      const { end, maxContentBytes: bytes = 0 } = lz4FrameOf(compressed) ?? {};
      expect(end).toBe(compressed.length);
      expect(bytes).toBeGreaterThanOrEqual(content.length);
      expect(bytes).toBeLessThanOrEqual(content.length + maxBlockBytes);
    }
  });

  it('does not include anything after the frame', () => {
    const frame = compressFrameSync(Buffer.alloc(1_000_000));
    expect(lz4FrameOf(Buffer.concat([frame, frame]))).toEqual(lz4FrameOf(frame));
  });

  it('is found in a frame of the Java client', () => {
    const { lz4 } = JSON.parse(
      readFileSync(path.join(__dirname, '../test/java-compressed.json'), 'utf8'),
    ) as { lz4: { lines: number; base64: string } };
    const compressed = Buffer.from(lz4.base64, 'base64');
    const { end, maxContentBytes: bytes = 0 } = lz4FrameOf(compressed) ?? {};
    expect(end).toBe(compressed.length);
    expect(bytes).toBeGreaterThanOrEqual(lz4.lines * line.length);
    expect(bytes).toBeLessThanOrEqual(lz4.lines * line.length + maxBlockBytes);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a frame')],
    ['a frame of the legacy format', Buffer.from([0x02, 0x21, 0x4c, 0x18, 0, 0, 0, 0])],
  ])('is not found in %s', (_what, bytes) => {
    expect(lz4FrameOf(bytes)).toBeUndefined();
  });

  it.each([
    ['a frame that is cut off', compressFrameSync(Buffer.alloc(1_000_000)).subarray(0, 100)],
    ['a frame without blocks', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])],
  ])('does not fail at %s', (_what, bytes) => {
    expect(() => lz4FrameOf(bytes)).not.toThrow();
  });
});
