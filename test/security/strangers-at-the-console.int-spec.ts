import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@tools/stack';
import { type ScratchTopics, scratchTopics } from '../../libs/kafka/test/scratch-topics';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet, type AppInstance } from '../chaos/app-fleet';
import { mebibyte } from './form';

jest.setTimeout(300_000);

const token = 'token-of-the-security-test';
const connections = 250;
/** Of the resident memory: the bodies would be a multiple of it. */
const maxGrowthBytes = 64 * mebibyte;

describe('a console that strangers reach', () => {
  let folder: string;
  let topics: ScratchTopics;
  let fleet: AppFleet;
  let instance: AppInstance;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    await buildApps();
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-console-'));
    topics = await scratchTopics(1);
    fleet = new AppFleet(
      'console',
      { KAFKA_TOPIC_PREFIX: topics.prefix, CONSOLE_TOKEN: token, CONSOLE_DATABASE: ':memory:' },
      folder,
    );
    instance = await fleet.start();
    await fleet.ready();
    // Until the process has the memory that it works with.
    for (let i = 0; i < 500; i += 1) expect(await signIn('a-wrong-token-of-a-stranger')).not.toBe(200);
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    expect(fleet.exited).toEqual([]);
    await fleet.stop();
    await topics.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function signIn(given: string): Promise<number> {
    const response = await fetch(`${instance.url}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ token: given, name: 'Ada' }),
      headers: { 'content-type': 'application/json' },
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Opens connections, each with the beginning of a request. */
  function begin(route: string, header: string): void {
    const { hostname, port } = new URL(instance.url);
    for (let i = 0; i < connections; i += 1) {
      const socket = connect(Number(port), hostname);
      socket.setNoDelay().resume();
      socket.on('error', () => undefined);
      const head = [
        `POST /api/${route} HTTP/1.1`,
        'host: localhost',
        'content-type: application/json',
        header,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      sockets.push(socket);
    }
  }

  async function send(bytes: string): Promise<void> {
    for (const socket of sockets) if (socket.writable) socket.write(bytes);
    await delay(1);
  }

  async function expectNothingHeld(before: number): Promise<void> {
    await until(
      async () => {
        expect((await fleet.memory()) - before).toBeLessThan(maxGrowthBytes);
      },
      { timeoutMs: 10_000, intervalMs: 500 },
    );
    for (const socket of sockets.splice(0)) socket.destroy();
    expect(await signIn(token)).toBe(200);
  }

  it.each(['session', 'redrives', 'nothing'])(
    'holds nothing of large bodies that never end: /api/%s',
    async (route) => {
      const before = await fleet.memory();
      begin(route, 'content-length: 1048576');
      for (let i = 0; i < 16; i += 1) await send('x'.repeat(65_535));
      await expectNothingHeld(before);
    },
  );

  it('holds no more than its bytes of a sign-in that arrives byte by byte', async () => {
    const before = await fleet.memory();
    begin('session', 'transfer-encoding: chunked');
    for (let i = 0; i < 2_000; i += 1) await send('1\r\nx\r\n');
    await expectNothingHeld(before);
  });
});
