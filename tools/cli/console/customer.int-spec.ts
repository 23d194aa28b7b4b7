import { RecordProducer } from '@app/kafka';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { RunningConsole, token } from '../../../apps/console/test/running-console';
import { sampleRecordsRead, writeSampleRecords } from '../../../apps/console/test/sample-records';
import { runCli } from '../test/run-cli';

describe('npm run cli -- customer', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let running: RunningConsole;
  let env: Record<string, string>;

  beforeAll(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    await writeSampleRecords(producer, topics.names);
    running = await RunningConsole.start(topics.prefix);
    await sampleRecordsRead(running);
    env = { CONSOLE_URL: running.url, CONSOLE_TOKEN: token };
  });

  afterAll(async () => {
    await running.stop();
    await producer.disconnect();
    await topics.remove();
  });

  it('prints the events of a customer and their outcomes', async () => {
    const { code, stdout } = await runCli(['customer', 'user-7'], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('"user-7" in project "default"');
    expect(stdout).toMatch(/2026-01-05T12:00:00\.\d{3}Z.*RENEWAL.*good-7.*production.*delivered/);
    expect(stdout).toMatch(/bad-7.*dead_lettered.*statsig_400/);
    expect(stdout).toContain('statsig_400: Statsig rejected the content of the event. What to do: ');
    expect(stdout).toContain('2 of 2 events.');
  });

  it('prints the same as JSON, newest first, up to the limit', async () => {
    const all = await runCli(['customer', 'user-7', '--json'], { env });
    const { id, history } = JSON.parse(all.stdout) as { id: string; history: { eventId: string }[] };
    expect(id).toBe('user-7');
    expect(history).toMatchObject([{ project: 'default' }, { project: 'default' }]);
    const one = await runCli(['customer', 'user-7', '--json', '--limit', '1'], { env });
    expect((JSON.parse(one.stdout) as { history: unknown[] }).history).toEqual([history[0]]);
  });

  it.each([
    ['an unknown id', 1, ['customer', 'unknown'], 'No customer found with this id'],
    ['another project', 1, ['customer', 'user-7', '--project', 'other'], 'No customer found with this id'],
    ['an invalid limit', 2, ['customer', 'user-7', '--limit', 'many'], 'It must be a positive integer'],
  ])('rejects %s', async (_what, code, args, message) => {
    const result = await runCli(args, { env });
    expect(result).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message) as unknown,
    });
  });
});
