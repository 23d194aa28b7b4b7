import getPort from 'get-port';
import { runCommand } from '../process/run-command';
import { until } from '../process/until';
import { type LocalRedisOptions, startRedis } from './local-redis';

export interface RedisCluster {
  /** host:port of each master. */
  nodes: string[];
  /** The URL of each master, with its password. */
  urls: string[];
  stop: () => Promise<void>;
}

const masters = 3;
const timeoutMs = 60_000;

/** Starts a real Redis Cluster as local processes: three masters without replicas. */
export async function startRedisCluster(
  options: Pick<LocalRedisOptions, 'password' | 'certificate'> = {},
): Promise<RedisCluster> {
  const started = await Promise.allSettled(
    Array.from({ length: masters }, async () =>
      startRedis({
        ...options,
        settings: [
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'],
          // The default, port + 10000, may be out of range for a port picked by the system.
          ...['--cluster-port', String(await getPort({ host: '127.0.0.1' }))],
        ],
      }),
    ),
  );
  const servers = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const cli = redisCli(options);
  const checkClusterReady = async (port: number): Promise<void> => {
    const info = await cli('-p', String(port), 'cluster', 'info');
    if (!/cluster_state:ok/.test(info)) throw new Error(`the cluster is not ready yet:\n${info}`);
  };
  try {
    for (const start of started) if (start.status === 'rejected') throw start.reason;
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    await cli('--cluster', 'create', ...nodes, '--cluster-yes');
    await Promise.all(servers.map(({ port }) => until(() => checkClusterReady(port), { timeoutMs })));
    return { nodes, urls: servers.map(({ url }) => url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function redisCli({ password, certificate }: Pick<LocalRedisOptions, 'password' | 'certificate'>) {
  const env = { ...process.env, ...(password !== undefined && { REDISCLI_AUTH: password }) };
  const tls = certificate === undefined ? [] : ['--tls', '--cacert', certificate.caFile];
  return (...args: string[]): Promise<string> =>
    runCommand('redis-cli', [...tls, ...args], { timeoutMs, env });
}
