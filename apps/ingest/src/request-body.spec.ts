import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { BodyBudget, decodeBody, type ReceivedBody, RequestBody } from './request-body';

const kibibyte = 1024;

const bodyOf = (stream: PassThrough): RequestBody => new RequestBody(stream as unknown as IncomingMessage);
const receive = (
  stream: PassThrough,
  budget = new BodyBudget(100 * kibibyte),
  maxBytes = 10,
): Promise<ReceivedBody> => bodyOf(stream).receive(maxBytes, budget);
/** Like the chunks of Node's HTTP server, each has its own memory. */
const chunk = (bytes: number): Buffer => Buffer.alloc(bytes, 'x');
/** Sends chunks, and resolves when the last one has been received. */
async function send(stream: PassThrough, ...chunks: Buffer[]): Promise<void> {
  for (const one of chunks) stream.write(one);
  await new Promise(setImmediate);
}

describe('receiving a body', () => {
  it('returns the body, and releases the budget when the request has been handled', async () => {
    const budget = new BodyBudget(10);
    for (let times = 0; times < 3; times++) {
      const stream = new PassThrough();
      const body = bodyOf(stream);
      stream.end(chunk(10));
      expect(await body.receive(10, budget)).toEqual({ kind: 'complete', bytes: chunk(10) });
      const another = new PassThrough();
      another.end(chunk(1));
      expect(await receive(another, budget)).toEqual({ kind: 'overloaded' });
      body.release();
    }
  });

  it('stops at the limit and returns the bytes before it', async () => {
    const stream = new PassThrough();
    stream.write('01234');
    stream.write('56789x');
    expect(await receive(stream)).toEqual({ kind: 'too_large', bytes: Buffer.from('0123456789') });
  });

  it('stores a body of tiny chunks in one buffer and counts the size of that buffer', async () => {
    const text = 'The same event, one byte at a time. '.repeat(100);
    const stream = new PassThrough();
    const taken: number[] = [];
    const budget = new BodyBudget(8 * kibibyte);
    const take = budget.reserve.bind(budget);
    jest.spyOn(budget, 'reserve').mockImplementation((body, bytes) => {
      taken.push(bytes);
      return take(body, bytes);
    });
    const body = bodyOf(stream);
    const receiving = body.receive(5_000, budget);
    for (const byte of Buffer.from(text)) stream.write(chunk(1).fill(byte));
    stream.end();
    const received = await receiving;
    if (received.kind !== 'complete') throw new Error(received.kind);
    expect(received.bytes.toString()).toBe(text);
    // There is not one buffer for each chunk.
    expect(taken.length).toBeLessThan(10);
    expect(taken.reduce((sum, bytes) => sum + bytes)).toBe(received.bytes.buffer.byteLength);
    expect(received.bytes.buffer.byteLength).toBeLessThanOrEqual(5_000);
  });

  it('drops the body that has been incomplete for the longest time if a new one does not fit', async () => {
    const budget = new BodyBudget(10 * kibibyte);
    const stalled = Array.from({ length: 5 }, () => new PassThrough());
    const receiving = stalled.map((stream) => receive(stream, budget, 100 * kibibyte));
    for (const stream of stalled) await send(stream, chunk(2 * kibibyte));
    const webhook = new PassThrough();
    webhook.end(chunk(3 * kibibyte));
    expect(await receive(webhook, budget, 100 * kibibyte)).toMatchObject({ kind: 'complete' });
    expect(await receiving[0]).toEqual({ kind: 'overloaded' });
    expect(await receiving[1]).toEqual({ kind: 'overloaded' });
    for (const stream of stalled.slice(2)) stream.end();
    expect((await Promise.all(receiving.slice(2))).map(({ kind }) => kind)).toEqual(
      Array(3).fill('complete'),
    );
  });

  it('drops the growing body if no other one has been incomplete for longer', async () => {
    const budget = new BodyBudget(10 * kibibyte);
    const [older, younger] = [new PassThrough(), new PassThrough()];
    const receiving = [older, younger].map((stream) => receive(stream, budget, 100 * kibibyte));
    await send(older, chunk(3 * kibibyte));
    await send(younger, chunk(6 * kibibyte));
    await send(older, chunk(1 * kibibyte));
    expect(await receiving[0]).toEqual({ kind: 'overloaded' });
    younger.end();
    expect(await receiving[1]).toMatchObject({ kind: 'complete' });
  });

  it('is incomplete if the connection ends too early, and releases the budget', async () => {
    const budget = new BodyBudget(5);
    for (let times = 0; times < 3; times++) {
      const stream = new PassThrough();
      const receiving = receive(stream, budget);
      await send(stream, chunk(5));
      stream.destroy(new Error('aborted'));
      expect(await receiving).toEqual({ kind: 'incomplete' });
    }
  });

  it('is incomplete if the connection ended before receiving started', async () => {
    const stream = new PassThrough();
    stream.destroy();
    await once(stream, 'close');
    expect(await receive(stream)).toEqual({ kind: 'incomplete' });
  });

  it('leaves the rest of a body that is too large unread, and ignores later connection errors', async () => {
    const stream = new PassThrough({ highWaterMark: 8 });
    stream.write('0123456789x');
    expect(await receive(stream)).toMatchObject({ kind: 'too_large' });
    expect(stream.write('more')).toBe(true);
    expect(stream.write('and more')).toBe(false);
    expect([stream.isPaused(), stream.readableLength]).toEqual([true, 12]);
    stream.destroy(new Error('aborted'));
    await new Promise((resolve) => stream.once('close', resolve));
  });
});

describe('decoding a body', () => {
  const content = Buffer.from('{"event":{}}');

  it.each([
    ['gzip', gzipSync(content)],
    [' GZIP ', gzipSync(content)],
    ['deflate', deflateSync(content)],
    ['br', brotliCompressSync(content)],
    ['identity', content],
    ['', content],
    [undefined, content],
  ])('reads %s', async (encoding, bytes) => {
    expect(await decodeBody(bytes, encoding, 1_000)).toEqual({ kind: 'decoded', bytes: content });
  });

  it('does not decompress more than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(await decodeBody(bomb, 'gzip', 1_000)).toEqual({ kind: 'too_large' });
  });

  it.each([
    ['a body that is not compressed', 'gzip', 'corrupt'],
    ['an unsupported encoding', 'compress', 'unsupported'],
    ['an encoding with the name of an inherited property', 'constructor', 'unsupported'],
    ['several encodings', 'gzip, br', 'unsupported'],
  ])('rejects %s', async (_what, encoding, kind) => {
    expect(await decodeBody(content, encoding, 1_000)).toMatchObject({ kind });
  });
});
