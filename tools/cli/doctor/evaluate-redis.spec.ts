import { evaluateRedis } from './evaluate-redis';

const healthy = {
  redis_version: '7.4.2',
  role: 'master',
  loading: '0',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  aof_last_bgrewrite_status: 'ok',
  rdb_last_bgsave_status: 'ok',
  maxmemory: '0',
  maxmemory_policy: 'noeviction',
  used_memory: '1000000',
  cluster_enabled: '0',
};

const node = (changes: Partial<typeof healthy> = {}) => ({
  address: '10.0.0.1:6379',
  info: Object.entries({ ...healthy, ...changes })
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join(''),
});

const evaluate = (changes?: Partial<typeof healthy>) =>
  evaluateRedis({ kind: 'single', nodes: [node(changes)] });

describe('the evaluation of Redis', () => {
  it('reports version and address of a suitable Redis', () => {
    expect(evaluate()).toEqual([
      {
        level: 'ok',
        subject: 'Redis',
        found: 'Reachable as a single server: 10.0.0.1:6379 (7.4.2); maxmemory-policy noeviction.',
      },
    ]);
  });

  it.each([
    [{ redis_version: '6.2.1' }, 'has version 6.2.1', 'Use Redis 7.0 or newer.'],
    [{ maxmemory_policy: 'allkeys-lru' }, 'allkeys-lru', 'Set maxmemory-policy to noeviction.'],
    [{ cluster_enabled: '1' }, 'is a node of a Redis Cluster', 'two or more of its nodes'],
    [{ role: 'slave' }, 'is a replica', 'Set REDIS_URL to the master'],
    [{ loading: '1' }, 'is loading', 'Wait'],
    [{ aof_last_write_status: 'err' }, 'aof_last_write_status: err', 'disk is not full'],
    [{ rdb_last_bgsave_status: 'err' }, 'rdb_last_bgsave_status: err', 'disk is not full'],
  ])('reports %j as an error', (changes, found, action) => {
    expect(evaluate(changes)).toEqual([
      {
        level: 'error',
        subject: 'Redis',
        found: expect.stringContaining(found) as unknown,
        action: expect.stringContaining(action) as unknown,
      },
    ]);
  });

  it.each([
    [{ aof_enabled: '0' }, 'no append-only file'],
    [{ maxmemory: '1050000' }, 'uses 95 % of its maxmemory'],
  ])('reports %j as a warning', (changes, found) => {
    expect(evaluate(changes)).toMatchObject([
      { level: 'ok' },
      { level: 'warning', found: expect.stringContaining(found) as unknown },
    ]);
  });

  it('checks every master of a cluster, and its state', () => {
    const cluster = {
      kind: 'cluster',
      nodes: [node({ cluster_enabled: '1' }), node({ role: 'slave' })],
    } as const;
    expect(evaluateRedis({ ...cluster, clusterState: 'fail' })).toMatchObject([
      { level: 'error', found: expect.stringContaining('is a replica') as unknown },
      { level: 'error', found: expect.stringContaining('"fail"') as unknown },
    ]);
  });
});
