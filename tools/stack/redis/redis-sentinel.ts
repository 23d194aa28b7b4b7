import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import { type Certificate } from '../certificate-authority';
import { dataFolder } from '../data-folder';
import { startServer } from '../process/server-process';
import { until } from '../process/until';
import { type LocalRedis, onlyTls, redisUrl, startRedis } from './local-redis';
import { requireRedisProcess } from './ping-redis';
import { redisProgram } from './redis-program';

export interface RedisSentinels {
  /** host:port of each Sentinel. */
  sentinels: string[];
  /** The name of the master in the Sentinels. */
  masterName: string;
  master: LocalRedis;
  replica: LocalRedis;
  stop: () => Promise<void>;
}

export interface RedisSentinelsOptions {
  password?: string | undefined;
  sentinelPassword?: string | undefined;
  /** Servers and Sentinels accept TLS connections only. They announce themselves by IP address. */
  certificate?: Certificate | undefined;
}

const host = '127.0.0.1';
const masterName = 'mymaster';
const sentinelCount = 3;
const timeoutMs = 30_000;

/** Starts a master, a replica and three Sentinels, which promote the replica if the master is down for a second. */
export async function startRedisSentinels(options: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
  const { password, certificate } = options;
  const running: { stop: () => Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const server of running.toReversed()) await server.stop();
  };
  const register = async <T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  try {
    const settings = ['--shutdown-timeout', '0'];
    const master = await register(startRedis({ password, certificate, settings }));
    const ofMaster = ['--replicaof', host, String(master.port)];
    const replica = await register(
      startRedis({ password, certificate, settings: [...settings, ...ofMaster] }),
    );
    const sentinels: string[] = [];
    for (let i = 0; i < sentinelCount; i++) {
      const { port } = await register(startSentinel(master.port, options));
      sentinels.push(`${host}:${port}`);
    }
    await Promise.all(
      sentinels.map((address) => until(() => checkAllKnown(sentinelUrl(address, options)), { timeoutMs })),
    );
    return { sentinels, masterName, master, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel(
  masterPort: number,
  options: RedisSentinelsOptions,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const { password, sentinelPassword, certificate } = options;
  const program = await redisProgram(() => undefined);
  const folder = await dataFolder('redis-sentinel');
  try {
    const port = await getPort({ host });
    const configFile = path.join(folder.path, 'sentinel.conf');
    const config = [
      `bind ${host}`,
      `dir ${folder.path}`,
      `sentinel monitor ${masterName} ${host} ${masterPort} 2`,
      `sentinel down-after-milliseconds ${masterName} 1000`,
      `sentinel failover-timeout ${masterName} 5000`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${masterName} ${password}`]),
      ...(sentinelPassword === undefined
        ? []
        : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    ];
    await writeFile(configFile, `${config.join('\n')}\n`);
    const server = await startServer({
      name: 'Redis Sentinel',
      command: program,
      args: [
        configFile,
        '--sentinel',
        ...(certificate === undefined ? ['--port', String(port)] : onlyTls(port, certificate)),
      ],
      cwd: folder.path,
      logFile: path.join(folder.path, 'sentinel.log'),
      timeoutMs,
      checkReady: (pid) => requireRedisProcess(pid, sentinelUrl(`${host}:${port}`, options)),
    });
    return {
      port,
      stop: async () => {
        await server.stop();
        await folder.done();
      },
    };
  } catch (error) {
    await folder.done();
    throw error;
  }
}

const sentinelUrl = (address: string, { sentinelPassword, certificate }: RedisSentinelsOptions): string =>
  redisUrl(address, { password: sentinelPassword, certificate });

/** Until then the Sentinels cannot agree on a failover. */
async function checkAllKnown(url: string): Promise<void> {
  const sentinel = new Redis(url, {
    retryStrategy: () => null,
    ...(url.startsWith('rediss:') && { tls: { rejectUnauthorized: false } }),
  });
  sentinel.on('error', () => undefined);
  try {
    const info = await sentinel.info('sentinel');
    const known = `status=ok,address=[^,]+,slaves=1,sentinels=${sentinelCount}`;
    if (!new RegExp(known).test(info))
      throw new Error(`the Sentinels do not know each other and the replica yet:\n${info}`);
  } finally {
    sentinel.disconnect();
  }
}
