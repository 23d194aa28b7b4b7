import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyProfile, observe, ProfileStore } from '@app/identity';
import { RecordProducer } from '@app/kafka';
import { connectRedis } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { RunningConsole } from '../../apps/console/test/running-console';
import { runCli } from './test/run-cli';

describe('npm run cli -- forget', () => {
  const projectId = `forget-${process.pid}`;
  const redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
  const profiles = new ProfileStore(redis, { ttlMs: 86_400_000 });

  const storeEvent = async (fields: Record<string, string | string[] | object>) => {
    const observations = observe({ id: 'e', type: 'RENEWAL', fields: fields as never });
    return profiles.join(projectId, observations, await profiles.find(projectId, observations));
  };

  const markerOf = (id: string) => `marker-of-${id}@example.com`;
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let folder: string;
  let console: RunningConsole;
  let env: Record<string, string>;

  beforeAll(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    folder = mkdtempSync(join(tmpdir(), 'forget-'));
    console = await RunningConsole.start(topics.prefix, {
      CONSOLE_DATABASE: join(folder, 'read-model.sqlite'),
    });
    env = { KAFKA_TOPIC_PREFIX: topics.prefix };
  });

  afterAll(async () => {
    await console.stop();
    await producer.disconnect();
    await topics.remove();
    redis.disconnect();
    rmSync(folder, { recursive: true });
  });

  const forget = (id: string) => runCli(['forget', id, '--project', projectId], { env });

  it('erases a customer by any id, so that enrichment starts from an empty profile', async () => {
    const anonymous = '$RCAnonymousID:1';
    const attributes = { subscriber_attributes: { $email: { value: 'a@b.c', updated_at_ms: 5 } } };
    await storeEvent({ app_user_id: 'user', aliases: [anonymous], ...attributes });
    const { stdout } = await forget(anonymous);
    expect(stdout).toContain(`Forgotten in project "${projectId}": "$RCAnonymousID:1", "user".\n`);
    const [known] = await storeEvent({ app_user_id: 'user' });
    expect(known).toEqual({
      ...emptyProfile,
      aliases: new Set(['user']),
      orderKey: { value: 'user', sinceMs: expect.any(Number) as number },
    });
  });

  it('erases the customer from the console and its files, and does not erase others', async () => {
    const send = (id: string, app_user_id: string) => {
      const subscriber_attributes = { $email: { value: markerOf(app_user_id), updated_at_ms: 5 } };
      const event = { id, type: 'RENEWAL', app_user_id, aliases: [app_user_id, `alias-${app_user_id}`] };
      const value = JSON.stringify({ api_version: '1.0', event: { ...event, subscriber_attributes } });
      return producer.send([
        { topic: topics.names.events, key: id, value, headers: { 'project-id': projectId } },
        {
          topic: topics.names.eventsDeadLetter,
          key: id,
          value,
          headers: {
            'project-id': projectId,
            'dead-letter-reason': 'no_user',
            'dead-letter-stage': 'mapper',
          },
        },
      ]);
    };
    const count = (sql: string): number => console.model.db.get<{ n: number }>(sql)?.n ?? 0;
    const rows = () =>
      [count('SELECT count(*) AS n FROM events'), count('SELECT count(*) AS n FROM dead_letters')].join();
    const files = () =>
      ['', '-wal']
        .map((suffix) => readFileSync(join(folder, `read-model.sqlite${suffix}`), 'latin1'))
        .join('');
    await storeEvent({ app_user_id: 'ann', aliases: ['ann', 'alias-ann'] });
    await send('e1', 'ann');
    await send('e2', 'bob');
    while (rows() !== '2,2') await new Promise((resolve) => setTimeout(resolve, 20));
    expect(files()).toContain(markerOf('ann'));

    const { stdout } = await forget('alias-ann');
    expect(stdout).toMatch(/What remains:[^]*events and receipts in Kafka +until \d{4}-\d\d-\d\d[^]*Statsig/);
    while (rows() !== '1,1') await new Promise((resolve) => setTimeout(resolve, 20));
    while (console.model.forgotten.isPending) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(files()).not.toContain(markerOf('ann'));
    expect(console.model.db.all('SELECT event_id FROM events')).toEqual([{ event_id: 'e2' }]);
    expect((await console.get(`customer?project=${projectId}&id=ann`)).status).toBe(404);
    expect((await console.get(`customer?project=${projectId}&id=bob`)).status).toBe(200);

    const { value } = await topics.find(
      topics.names.audit,
      ({ value: entry }) => entry?.includes('forget') === true,
    );
    expect(JSON.parse(value?.toString() ?? '')).toMatchObject({ action: 'forget', target: projectId });
    const audit = await (await console.get('audit?action=forget')).text();
    for (const text of [audit, value?.toString()]) expect(text).not.toMatch(/ann\b/);
  });

  it('reports that no profile has the id', async () => {
    const { stdout, code } = await forget('unknown');
    expect(stdout).toContain('No profile in project');
    expect(code).toBe(0);
  });

  it('rejects an invalid project id', async () => {
    expect(await runCli(['forget', 'x', '--project', 'a b'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('PROJECT_ID: A project id has') as unknown,
    });
  });
});
