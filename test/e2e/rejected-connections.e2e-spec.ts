import { type OperationsServer, readConfig, startApp } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type LocalRedis, startRedis, until } from '@tools/stack';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { mapperApp } from '../../apps/mapper/src/mapper.app';

describe('an app whose credentials Redis rejects', () => {
  let topics: ScratchTopics;
  let redis: LocalRedis;
  let admin: Redis;
  let app: NestFastifyApplication | undefined;

  beforeAll(async () => {
    [topics, redis] = await Promise.all([scratchTopics(), startRedis({ password: 'password-of-admin' })]);
    admin = new Redis(redis.url);
  });

  afterAll(async () => {
    await app?.close();
    admin.disconnect();
    await redis.stop();
    await topics.remove();
  });

  it('is alive, reports why it is not ready, and starts when the credentials become valid', async () => {
    const port = await getPort({ host: '127.0.0.1' });
    const url = new URL(redis.url);
    url.username = 'mapper';
    url.password = 'password-of-mapper';
    const config = readConfig(mapperApp.configSchema, {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
      KAFKA_TOPIC_PREFIX: topics.prefix,
      REDIS_URL: url.toString(),
      STATSIG_SERVER_SECRET: 'secret-test',
      MAPPER_PORT: '0',
      OPERATIONS_PORT: String(port),
    });
    const started: Promise<OperationsServer> = startApp(mapperApp, config, silentLogger, (wired) => {
      app = wired;
    });
    const readiness = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${String(port)}/health/ready`)).text();
    await until(
      async () => {
        expect(await readiness()).toContain('Redis rejected the credentials. Check the user name');
      },
      { timeoutMs: 20_000 },
    );
    expect(await readiness()).not.toContain('password-of-mapper');
    expect((await fetch(`http://127.0.0.1:${String(port)}/health/live`)).status).toBe(200);

    await admin.call('ACL', 'SETUSER', 'mapper', 'on', '>password-of-mapper', '~*', '+info', '+set');
    await until(
      async () => {
        expect(await readiness()).toContain('integrations');
        expect(await readiness()).not.toContain('rejected');
      },
      { timeoutMs: 20_000 },
    );
    await admin.call('ACL', 'SETUSER', 'mapper', '+@all');
    const operations = await started;
    await until(
      async () => {
        expect((await fetch(`http://127.0.0.1:${String(port)}/health/ready`)).status).toBe(200);
      },
      { timeoutMs: 20_000 },
    );
    await operations.close();
  });
});
