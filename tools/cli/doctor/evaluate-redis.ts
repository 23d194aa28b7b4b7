import { redisSuitability } from '@app/platform';
import { error, type Finding, ok, warning } from './finding';

export interface RedisNode {
  /** host:port */
  address: string;
  /** Response to INFO. */
  info: string;
}

export interface RedisDescription {
  kind: 'single' | 'sentinel' | 'cluster';
  /** The server, or the masters of the cluster. */
  nodes: readonly RedisNode[];
  /** `cluster_state` of a cluster. */
  clusterState?: string | undefined;
}

const subject = 'Redis';
/** Part of maxmemory above which the memory is nearly full. */
const nearlyFull = 0.9;

const kinds: Record<RedisDescription['kind'], string> = {
  single: 'a single server',
  sentinel: 'a master found by Sentinels',
  cluster: 'a Redis Cluster',
};

export function evaluateRedis({ kind, nodes, clusterState }: RedisDescription): Finding[] {
  const findings = nodes.flatMap((node) => evaluateNode(node, kind === 'cluster'));
  if (clusterState !== undefined && clusterState !== 'ok') {
    findings.push(
      error(
        subject,
        `The cluster has the state "${clusterState}": some keys cannot be used.`,
        'Start the missing nodes, and run redis-cli --cluster check.',
      ),
    );
  }
  if (findings.some(({ level }) => level === 'error')) return findings;
  const described = nodes.map(
    ({ address, info }) => `${address} (${valueIn(info, 'redis_version') ?? 'unknown version'})`,
  );
  return [
    ok(subject, `Reachable as ${kinds[kind]}: ${described.join(', ')}; maxmemory-policy noeviction.`),
    ...findings,
  ];
}

function evaluateNode({ address, info }: RedisNode, isCluster: boolean): Finding[] {
  const value = (name: string): string | undefined => valueIn(info, name);
  const findings: Finding[] = [];
  const unsuitable = redisSuitability(info, isCluster);
  if (unsuitable !== undefined) {
    findings.push(error(subject, `Redis at ${address} ${unsuitable.problem}`, unsuitable.action));
  }
  if (value('role') === 'slave') {
    findings.push(
      error(
        subject,
        `Redis at ${address} is a replica, which accepts no writes.`,
        'Set REDIS_URL to the master, or to the Sentinels.',
      ),
    );
  }
  if (value('loading') === '1') {
    findings.push(error(subject, `Redis at ${address} is loading its data.`, 'Wait until it is finished.'));
  }
  if (value('aof_enabled') === '0') {
    findings.push(
      warning(
        subject,
        `Redis at ${address} writes no append-only file: after a crash, events of the last minutes may be delivered again.`,
        'Set appendonly to yes.',
      ),
    );
  }
  for (const name of ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status']) {
    const status = value(name);
    if (status !== undefined && status !== 'ok') {
      findings.push(
        error(
          subject,
          `Redis at ${address} failed to write to its disk (${name}: ${status}).`,
          'Check that its disk is not full, and the log of Redis.',
        ),
      );
    }
  }
  const [used, maximum] = [Number(value('used_memory')), Number(value('maxmemory'))];
  if (maximum > 0 && used / maximum > nearlyFull) {
    findings.push(
      warning(
        subject,
        `Redis at ${address} uses ${Math.round((100 * used) / maximum)} % of its maxmemory. When it is full, events wait.`,
        'Increase maxmemory.',
      ),
    );
  }
  return findings;
}

function valueIn(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
}
