import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@tools/stack';
import { root } from './root';

jest.setTimeout(420_000);

interface Ready {
  ingestUrl: string;
  simulatorUrl: string;
  kafkaBrokers: string;
  redisUrl: string;
  authorization: string;
}

let temporary: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), 'start-spec-'));
});

afterEach(async () => {
  for (const command of running.splice(0)) {
    command.kill();
    command.stdout?.destroy();
  }
  await rm(temporary, { recursive: true, force: true });
});

describe('npm start', () => {
  it('with --once sends sample events, shows the outcome of each, and exits with 0', async () => {
    const command = run('npm', ['start', '--', '--once'], { KAFKA_TOPIC_PREFIX: `${randomUUID()}.` });
    const [output] = await Promise.all([outputOf(command), once(command, 'exit')]);
    expect({ exitCode: command.exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(/TRANSFER \(from\).*delivered.*\d+ ms/);
    expect(output).toMatch(/SUBSCRIBER_ALIAS.*filtered/);
    expect(output).toContain('All events had the expected outcome, each delivery once.');
    await checkNothingLeft();
  });

  it.each(['npm', 'node'] as const)(
    'writes a ready file for scripts, and leaves nothing behind when its %s process is killed',
    async (killed) => {
      const readyFile = path.join(temporary, 'ready.json');
      const options = ['--no-samples', '--ready-file', readyFile];
      const ownStack = { KAFKA_BROKERS: '', REDIS_URL: '' };
      const command =
        killed === 'npm'
          ? run('npm', ['start', '--', ...options], ownStack)
          : run('node', ['tools/bootstrap.mjs', 'start', ...options], ownStack);
      command.stdout?.resume();
      const ready = await until(async () => JSON.parse(await readFile(readyFile, 'utf8')) as Ready, {
        timeoutMs: 240_000,
        shouldAbort: () => command.exitCode !== null,
      });
      await sendAndVerify('seed-initial-purchase-sandbox', ready);

      command.kill('SIGKILL');
      await once(command, 'exit');

      const ports = [ready.ingestUrl, ready.simulatorUrl, `tcp://${ready.kafkaBrokers}`, ready.redisUrl].map(
        (url) => Number(new URL(url).port),
      );
      await until(() => Promise.all(ports.map(checkFree)), { timeoutMs: 60_000 });
      await until(checkNothingLeft, { timeoutMs: 60_000 });
    },
  );
});

function run(command: string, args: string[], env: Record<string, string>): ChildProcess {
  const started = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(started);
  return started;
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdout ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Posts a fixture and waits until Statsig has received that event once. */
async function sendAndVerify(name: string, { ingestUrl, simulatorUrl, authorization }: Ready): Promise<void> {
  const body = await readFile(path.join(root, 'libs/testing/fixtures/webhooks', `${name}.json`), 'utf8');
  const response = await fetch(`${ingestUrl}/v1/webhooks/revenuecat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  });
  expect(response.status).toBe(200);
  const events = await until(
    async () => {
      const record = await fetch(`${simulatorUrl}/_sim/events`);
      const { events: found } = (await record.json()) as { events: { id: string; event: object }[] };
      if (found.length === 0) throw new Error('Statsig has received nothing yet');
      return found;
    },
    { timeoutMs: 30_000 },
  );
  const { event } = JSON.parse(body) as { event: { id: string; aliases: string[] } };
  expect(events).toHaveLength(1);
  expect(events[0]?.event).toMatchObject({
    ...event,
    aliases: expect.arrayContaining(event.aliases) as unknown,
  });
}

async function checkFree(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const inUse = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (inUse) throw new Error(`port ${port} is still in use`);
}

async function checkNothingLeft(): Promise<void> {
  const left = (await readdir(temporary)).filter((name) => name.startsWith('revenuecat-statsig-'));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}
