import getPort from 'get-port';
import { runCommand } from '../process/run-command';
import { until } from '../process/until';
import { type LocalRedis, startRedis } from './local-redis';

export interface RedisCluster {
  /** host:port of each master. */
  nodes: string[];
  stop: () => Promise<void>;
}

const masters = 3;
const timeoutMs = 60_000;

/** A real Redis Cluster of three masters without replicas, as local processes. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const started = await Promise.allSettled(
    Array.from({ length: masters }, async () =>
      startRedis({
        settings: [
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'],
          // The usual one, 10000 above, may not exist for a port picked by the system.
          ...['--cluster-port', String(await getPort({ host: '127.0.0.1' }))],
        ],
      }),
    ),
  );
  const servers = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (const start of started) if (start.status === 'rejected') throw start.reason;
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    await runCommand('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'], { timeoutMs });
    await Promise.all(servers.map((server) => until(() => everySlotServed(server), { timeoutMs })));
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function everySlotServed({ port }: LocalRedis): Promise<void> {
  const info = await runCommand('redis-cli', ['-p', String(port), 'cluster', 'info'], { timeoutMs });
  if (!/cluster_state:ok/.test(info)) throw new Error(`the cluster is not whole yet:\n${info}`);
}
