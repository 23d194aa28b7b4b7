import { nobody, observe, ProfileStore } from '@app/identity';
import { connectRedis, createLogger } from '@app/platform';
import { runCli } from './test/run-cli';

describe('npm run cli -- forget', () => {
  const projectId = `forget-${process.pid}`;
  const redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, createLogger('test', 'silent'));
  const profiles = new ProfileStore(redis, { ttlMs: 86_400_000 });

  const learn = async (fields: Record<string, string | string[] | object>) => {
    const observations = observe({ id: 'e', type: 'RENEWAL', fields: fields as never });
    return profiles.join(projectId, observations, await profiles.find(projectId, observations));
  };

  afterAll(() => {
    redis.disconnect();
  });

  it('erases a customer by any id, and enrichment starts from nothing', async () => {
    const anonymous = '$RCAnonymousID:1';
    const attributes = { subscriber_attributes: { $email: { value: 'a@b.c', updated_at_ms: 5 } } };
    await learn({ app_user_id: 'user', aliases: [anonymous], ...attributes });
    const { stdout } = await runCli(['forget', anonymous, '--project', projectId]);
    expect(stdout).toBe(`Forgotten in project "${projectId}": "$RCAnonymousID:1", "user".\n`);
    const [known] = await learn({ app_user_id: 'user' });
    expect(known).toEqual({
      ...nobody,
      aliases: new Set(['user']),
      orderKey: { value: 'user', sinceMs: expect.any(Number) as number },
    });
  });

  it('says so when there is nobody to forget', async () => {
    const { stdout } = await runCli(['forget', 'stranger', '--project', projectId]);
    expect(stdout).toContain('nothing was erased');
  });

  it('says what is wrong with a project id', async () => {
    expect(await runCli(['forget', 'x', '--project', 'a b'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PROJECT_ID: A project id has') as unknown,
    });
  });
});
