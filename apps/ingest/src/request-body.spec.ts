import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { BodyBudget, decodeBody, receiveBody } from './request-body';

const receive = (stream: PassThrough, budget = new BodyBudget(1_000), maxBytes = 10) =>
  receiveBody(stream as unknown as IncomingMessage, maxBytes, budget);

describe('receiving a body', () => {
  it('returns what was sent, and gives the budget back', async () => {
    const budget = new BodyBudget(10);
    for (let times = 0; times < 3; times++) {
      const stream = new PassThrough();
      stream.end('0123456789');
      expect(await receive(stream, budget)).toEqual({ kind: 'complete', bytes: Buffer.from('0123456789') });
    }
  });

  it('stops at the limit, with what came before it', async () => {
    const stream = new PassThrough();
    stream.write('01234');
    stream.write('56789x');
    expect(await receive(stream)).toEqual({ kind: 'too_large', bytes: Buffer.from('0123456789') });
  });

  it('does not hold more than the budget allows for all', async () => {
    const budget = new BodyBudget(10);
    const slow = new PassThrough();
    slow.write('012345');
    const first = receive(slow, budget);
    const second = new PassThrough();
    second.end('01234');
    expect(await receive(second, budget)).toEqual({ kind: 'overloaded' });
    slow.end();
    expect(await first).toMatchObject({ kind: 'complete' });
  });

  it('is incomplete if the connection ends before', async () => {
    const stream = new PassThrough();
    stream.write('01234');
    const receiving = receive(stream);
    stream.destroy(new Error('aborted'));
    expect(await receiving).toEqual({ kind: 'incomplete' });
  });

  it('is incomplete if the connection ended before it was to be received', async () => {
    const stream = new PassThrough();
    stream.destroy();
    await once(stream, 'close');
    expect(await receive(stream)).toEqual({ kind: 'incomplete' });
  });

  it('leaves the rest unread once it is too large, and tolerates that the connection fails then', async () => {
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

  it('does not unpack more than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(await decodeBody(bomb, 'gzip', 1_000)).toEqual({ kind: 'too_large' });
  });

  it.each([
    ['a body that is not compressed', 'gzip', 'corrupt'],
    ['an encoding that nobody needs', 'compress', 'unsupported'],
    ['the name of a property of every object', 'constructor', 'unsupported'],
    ['several encodings', 'gzip, br', 'unsupported'],
  ])('refuses %s', async (_what, encoding, kind) => {
    expect(await decodeBody(content, encoding, 1_000)).toMatchObject({ kind });
  });
});
