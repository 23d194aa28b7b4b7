import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startRedis, until } from '@tools/stack';

const serve = path.join(__dirname, 'serve.ts');
const root = path.resolve(__dirname, '../..');

let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), 'stack-spec-'));
});

afterEach(() => rm(temporary, { recursive: true, force: true }));

describe('a stack', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'leaves no server or folder behind when its owner receives %s',
    async (signal) => {
      const owner = spawn(process.execPath, ['--import', 'tsx', serve, '--test'], {
        cwd: root,
        env: { ...process.env, KAFKA_BROKERS: '', REDIS_URL: '', TMPDIR: temporary },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const ports = await portsOf(owner);
      await Promise.all(ports.map(checkListening));

      owner.kill(signal);
      await once(owner, 'exit');

      await until(() => Promise.all(ports.map(checkFree)), { timeoutMs: 20_000 });
      await until(checkNothingLeft, { timeoutMs: 20_000 });
    },
  );
});

describe('a server that was killed', () => {
  it('removes its folder when it is stopped', async () => {
    process.env['TMPDIR'] = temporary;
    try {
      const redis = await startRedis();
      await redis.kill();
      await redis.stop();
      await checkNothingLeft();
    } finally {
      delete process.env['TMPDIR'];
    }
  });
});

async function portsOf(owner: ChildProcess): Promise<number[]> {
  if (owner.stdout === null) throw new Error('its standard output is not piped');
  for await (const line of createInterface({ input: owner.stdout })) {
    owner.stdout.resume();
    const { kafkaBrokers, redisUrl } = JSON.parse(line) as { kafkaBrokers: string; redisUrl: string };
    return [Number(kafkaBrokers.split(':')[1]), Number(new URL(redisUrl).port)];
  }
  throw new Error('the stack did not start');
}

async function checkListening(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

async function checkFree(port: number): Promise<void> {
  const inUse = await checkListening(port).then(
    () => true,
    () => false,
  );
  if (inUse) throw new Error(`port ${port} is still in use`);
}

async function checkNothingLeft(): Promise<void> {
  const left = (await readdir(temporary)).filter((name) => name.startsWith('revenuecat-statsig-'));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}
