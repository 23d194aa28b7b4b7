import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ScratchTopics, scratchTopics } from '@app/testing';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet, type AppInstance } from '../chaos/app-fleet';
import { mebibyte, nodeOptions } from './form';

jest.setTimeout(300_000);

const token = 'token-of-the-security-test';
const connections = 250;
/** Memory of the container, in bytes (deploy/kubernetes). */
const containerBytes = 1024 * mebibyte;
/** Half of that memory. The test sends four times as much to each route. */
const maxMemoryBytes = containerBytes / 2;

describe('a console that receives unauthenticated requests', () => {
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
      {
        NODE_OPTIONS: nodeOptions(containerBytes),
        KAFKA_TOPIC_PREFIX: topics.prefix,
        CONSOLE_TOKEN: token,
        CONSOLE_DATABASE: ':memory:',
      },
      folder,
    );
    instance = await fleet.start();
    await fleet.ready();
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

  /** Sends endless bodies on many connections until this many bytes are sent. */
  async function flood(route: string, header: string, piece: string, bytes: number): Promise<void> {
    const { hostname, port } = new URL(instance.url);
    const head = [`POST /api/${route} HTTP/1.1`, 'host: localhost', 'content-type: application/json', header];
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (bytes > 0) {
          const socket = connect(Number(port), hostname);
          sockets.push(socket);
          const closed = new Promise((resolve) => socket.once('close', resolve));
          socket.resume().on('error', () => undefined);
          socket.write(`${head.join('\r\n')}\r\n\r\n`);
          while (bytes > 0 && socket.writable) {
            bytes -= piece.length;
            if (!socket.write(piece))
              await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
          }
        }
      }),
    );
  }

  async function expectNothingHeld(): Promise<void> {
    expect(await fleet.memory()).toBeLessThan(maxMemoryBytes);
    for (const socket of sockets.splice(0)) socket.destroy();
    expect(await signIn(token)).toBe(200);
  }

  it.each(['session', 'redrives', 'nothing'])(
    'does not buffer large endless bodies: /api/%s',
    async (route) => {
      await flood(route, 'content-length: 1048576', 'x'.repeat(64 * 1024), 2 * containerBytes);
      await expectNothingHeld();
    },
  );

  it('uses little memory for a sign-in that arrives byte by byte', async () => {
    await flood('session', 'transfer-encoding: chunked', '1\r\nx\r\n', 8 * mebibyte);
    await expectNothingHeld();
  });
});
