import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  createCertificateAuthority,
  type LocalRedis,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  until,
} from '@tools/stack';
import { silentLogger } from '@app/testing';
import { type Cluster, Redis } from 'ioredis';
import { connectRedis, type RedisClient, type RedisConfig } from './redis';
import { redisReadiness } from './redis-suitability';

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

const connected = (config: RedisConfig): RedisClient => {
  const redis = connectRedis(config, silentLogger);
  redis.defineCommand('write', { numberOfKeys: 1, lua: `return redis.call('SET', KEYS[1], ARGV[1])` });
  undo.push(() => {
    redis.disconnect();
  });
  return redis;
};

const running = async <T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const server = await starting;
  undo.push(() => server.stop());
  return server;
};

/** A certificate of a private authority, and the settings of clients that trust it. */
const issued = async (...hostNames: string[]) => {
  const authority = await createCertificateAuthority();
  undo.push(authority.remove);
  const certificate = await authority.issue('redis', ...hostNames.map((name) => `DNS:${name}`));
  return { certificate, REDIS_SSL_CA: authority.ca };
};

/** Starts a Redis that stops without waiting for its replicas, and syncs them at once. */
const aRedis = (...settings: string[]) =>
  startRedis({ settings: ['--shutdown-timeout', '0', '--repl-diskless-sync-delay', '0', ...settings] });

const clientOf = ({ url }: LocalRedis): Redis => {
  const redis = new Redis(url);
  undo.push(() => {
    redis.disconnect();
  });
  return redis;
};

/** A proxy whose target can change for new connections, while open ones stay. */
async function switchboard(first: LocalRedis): Promise<{ url: string; lead: (to: LocalRedis) => void }> {
  let target = first.port;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket.on('error', () => undefined));
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    lead: (to) => {
      target = to.port;
    },
  };
}

describe('a Redis that is demoted and keeps its connections', () => {
  it.each<[string, (redis: RedisClient) => Promise<unknown>]>([
    ['a command', (redis) => redis.set('key', 'new')],
    ['a pipeline', (redis) => Promise.all([1, 2, 3].map((i) => redis.set(`key${String(i)}`, 'new')))],
    [
      'a script',
      (redis) => (redis as unknown as { write: (...a: string[]) => Promise<unknown> }).write('key', 'new'),
    ],
  ])('is disconnected as soon as it rejects %s', async (_what, write) => {
    const [a, b] = await Promise.all([running(aRedis()), running(aRedis())]);
    const [direct, other] = [clientOf(a), clientOf(b)];
    const { url, lead } = await switchboard(a);
    const redis = connected({ REDIS_URL: [url] });
    await write(redis);

    await direct.replicaof('127.0.0.1', b.port);
    lead(b);
    await expect(write(redis)).rejects.toThrow('READONLY');
    await until(() => write(redis), { timeoutMs: 10_000 });
    expect(await other.dbsize()).toBeGreaterThan(0);
  });

  it('is disconnected as soon as it rejects a command because it has lost its own master', async () => {
    const [a, b] = await Promise.all([
      running(aRedis('--replica-read-only', 'no', '--replica-serve-stale-data', 'no')),
      running(aRedis()),
    ]);
    const { url, lead } = await switchboard(a);
    const redis = connected({ REDIS_URL: [url] });
    await redis.set('key', 'old');
    // No server listens on this port.
    await clientOf(a).replicaof('127.0.0.1', 1);
    lead(b);
    await expect(redis.set('key', 'new')).rejects.toThrow('MASTERDOWN');
    await until(() => redis.set('key', 'new'), { timeoutMs: 10_000 });
    expect(await clientOf(b).get('key')).toBe('new');
  });

  it('is disconnected as soon as it rejects a command while it loads the data of its new master', async () => {
    // A key takes 10 ms to load, and commands are processed between keys.
    const slowly = ['--key-load-delay', '10000', '--loading-process-events-interval-bytes', '1024'];
    const [a, b] = await Promise.all([
      running(aRedis('--replica-read-only', 'no', ...slowly)),
      running(aRedis()),
    ]);
    const clientOfB = clientOf(b);
    await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => clientOfB.set(`key-${String(i)}`, 'x'.repeat(200))),
    );
    const { url, lead } = await switchboard(a);
    const redis = connected({ REDIS_URL: [url] });
    await redis.set('key', 'old');
    const direct = clientOf(a);
    await direct.replicaof('127.0.0.1', b.port);
    await until(
      async () => {
        expect(await direct.info('persistence')).toContain('loading:1');
      },
      { timeoutMs: 10_000 },
    );
    lead(b);
    await expect(redis.set('key', 'new')).rejects.toThrow('LOADING');
    await until(() => redis.set('key', 'new'), { timeoutMs: 10_000 });
    expect(await clientOfB.get('key')).toBe('new');
  });

  it('is not ready while the address points to it, and is disconnected by the probe alone', async () => {
    const [a, b] = await Promise.all([running(aRedis()), running(aRedis())]);
    const direct = clientOf(a);
    const { url, lead } = await switchboard(a);
    const readiness = redisReadiness(connected({ REDIS_URL: [url] }));
    expect(await readiness()).toBeUndefined();
    await direct.replicaof('127.0.0.1', b.port);
    const says = (expected: unknown) =>
      until(
        async () => {
          expect(await readiness()).toEqual(expected);
        },
        { timeoutMs: 10_000 },
      );
    await says(expect.stringContaining('READONLY'));
    lead(b);
    await says(undefined);
  });
});

describe('a Redis behind Sentinels', () => {
  it('is found through them, with passwords, and again after a failover', async () => {
    const { sentinels, masterName, master, replica } = await running(
      startRedisSentinels({ password: 'of-redis', sentinelPassword: 'of-sentinels' }),
    );
    const [first = '', second = ''] = sentinels;
    const redis = connected({
      REDIS_URL: [`redis+sentinel://:of-redis@${first}`, `${second}/${masterName}/2`],
      REDIS_SENTINEL_PASSWORD: 'of-sentinels',
    });
    await redis.set('before', '1');
    expect(await redis.info('server')).toContain(`tcp_port:${String(master.port)}`);
    expect(await redis.client('INFO')).toContain(' db=2 ');
    // Replication is asynchronous, so a failover may lose writes.
    expect(await redis.wait(1, 5_000)).toBe(1);

    await master.kill();
    // Sent to the current master, however long the failover takes.
    await redis.set('after', '1');
    expect(await redis.info('server')).toContain(`tcp_port:${String(replica.port)}`);
    expect(await redis.mget('before', 'after')).toEqual(['1', '1']);
  });

  it('is replaced when its Sentinels promote another server and the old master keeps its connections', async () => {
    const { sentinels, masterName, replica } = await running(startRedisSentinels());
    const [first = ''] = sentinels;
    const redis = connected({ REDIS_URL: [`redis+sentinel://${sentinels.join(',')}/${masterName}`] });
    await redis.set('key', '1');
    const sentinel = new Redis(`redis://${first}`);
    undo.push(() => {
      sentinel.disconnect();
    });
    await sentinel.call('SENTINEL', 'FAILOVER', masterName);
    await until(
      async () => {
        await redis.set('key', '2');
        expect(await redis.info('server')).toContain(`tcp_port:${String(replica.port)}`);
      },
      // The Sentinels reconfigure the old master only ten seconds later.
      { timeoutMs: 8_000 },
    );
  });
});

describe('a Redis behind Sentinels, with TLS', () => {
  it('may have a certificate for the name of a Sentinel, even if it is announced by its IP address', async () => {
    const { certificate, REDIS_SSL_CA } = await issued('localhost');
    const { sentinels, masterName, master, replica } = await running(
      startRedisSentinels({ password: 'of-redis', sentinelPassword: 'of-sentinels', certificate }),
    );
    // One Sentinel is given by name; ioredis discovers the others by IP address.
    const [named = ''] = sentinels.map((address) => address.replace('127.0.0.1', 'localhost'));
    const redis = connected({
      REDIS_URL: [`rediss+sentinel://:of-redis@${named}/${masterName}`],
      REDIS_SENTINEL_PASSWORD: 'of-sentinels',
      REDIS_SSL_CA,
    });
    await redis.set('before', '1');
    expect(await redis.info('server')).toContain(`tcp_port:${String(master.port)}`);
    expect(await redis.wait(1, 5_000)).toBe(1);

    await master.kill();
    await redis.set('after', '1');
    expect(await redis.info('server')).toContain(`tcp_port:${String(replica.port)}`);
    expect(await redis.mget('before', 'after')).toEqual(['1', '1']);
  });

  it('is rejected if its certificate has none of the names', async () => {
    const { certificate, REDIS_SSL_CA } = await issued('redis.example.com');
    const { sentinels, masterName } = await running(startRedisSentinels({ certificate }));
    const named = sentinels.map((address) => address.replace('127.0.0.1', 'localhost'));
    const redis = connected({
      REDIS_URL: [`rediss+sentinel://${named.join(',')}/${masterName}`],
      REDIS_SSL_CA,
    });
    const error = await new Promise<Error>((resolve) => redis.once('error', resolve));
    expect(error.message).toContain('sentinels are unreachable');
    expect(await redisReadiness(redis)()).toContain('accepts no writes');
  });
});

describe('a Redis Cluster of which some nodes are given', () => {
  const everyNodeUsed = async (redis: RedisClient): Promise<void> => {
    const keys = Array.from({ length: 60 }, (_, i) => `key-${String(i)}`);
    await Promise.all(keys.map((key) => redis.set(key, '1')));
    const sizes = await Promise.all((redis as Cluster).nodes('master').map((node) => node.dbsize()));
    expect(sizes).toHaveLength(3);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  };

  it('uses the password for the other nodes too', async () => {
    const { urls } = await running(startRedisCluster({ password: 'p@ss/word' }));
    await everyNodeUsed(connected({ REDIS_URL: urls.slice(0, 2) }));
  });

  it('uses TLS for the other nodes too, which are known by IP address', async () => {
    const { certificate, REDIS_SSL_CA } = await issued('localhost');
    const { urls } = await running(startRedisCluster({ password: 'pw', certificate }));
    const named = urls.slice(0, 2).map((url) => url.replace('127.0.0.1', 'localhost'));
    await everyNodeUsed(connected({ REDIS_URL: named, REDIS_SSL_CA }));
  });

  it('is rejected if its certificate has none of the names', async () => {
    const { certificate, REDIS_SSL_CA } = await issued('redis.example.com');
    const { urls } = await running(startRedisCluster({ certificate }));
    const named = urls.map((url) => url.replace('127.0.0.1', 'localhost'));
    const redis = connected({ REDIS_URL: named, REDIS_SSL_CA });
    // Emitted when no node returned the slots.
    await new Promise((resolve) => redis.once('error', resolve));
    expect(await redisReadiness(redis)()).toContain('accepts no writes');
  });
});
