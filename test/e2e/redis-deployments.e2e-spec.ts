import {
  createCertificateAuthority,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  until,
} from '@tools/stack';
import { Redis } from 'ioredis';
import { TcpProxy } from '../chaos/tcp-proxy';
import { RunningPipeline } from './running-pipeline';
import { ids, renewals } from './renewals';

/** Includes the time in which three servers form a cluster. */
const clusterTestMs = 90_000;

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function pipelineOn(redisUrl: string, settings: Record<string, string> = {}): Promise<RunningPipeline> {
  const pipeline = await RunningPipeline.start({ REDIS_URL: redisUrl, ...settings });
  undo.push(() => pipeline.stop());
  return pipeline;
}

/** Sends one event for each of `count` customers, and expects Statsig to accept each once. */
async function deliver(pipeline: RunningPipeline, prefix: string, count: number): Promise<void> {
  const sent = ids(prefix, count);
  await pipeline.producer.send(renewals(pipeline.topics.names.events, pipeline.projectId, sent, count));
  await pipeline.receiptsOf(sent, 'delivered');
  const arrived = (await pipeline.statsigEvents('summary=true')).map(({ id }) => id);
  expect(arrived.filter((id) => id.startsWith(`${prefix}-`)).sort()).toEqual(sent.sort());
  expect(await pipeline.statsigRepeats()).toEqual({});
}

describe('events are delivered', () => {
  it('after Redis is demoted while its connections stay open', async () => {
    const settings = ['--shutdown-timeout', '0'];
    const [a, b] = await Promise.all([startRedis({ settings }), startRedis({ settings })]);
    const [atA, atB] = [new Redis(a.url), new Redis(b.url)];
    const proxy = await TcpProxy.to('127.0.0.1', a.port);
    undo.push(
      () => Promise.all([a.stop(), b.stop()]),
      () => {
        atA.disconnect();
        atB.disconnect();
        proxy.close();
      },
    );
    await atB.replicaof('127.0.0.1', a.port);
    await until(
      async () => {
        expect(await atB.info('replication')).toContain('master_link_status:up');
      },
      { timeoutMs: 20_000 },
    );
    const pipeline = await pipelineOn(`redis://127.0.0.1:${proxy.port}`);
    await deliver(pipeline, 'before', 10);

    await atB.replicaof('NO', 'ONE');
    await atA.replicaof('127.0.0.1', b.port);
    proxy.retarget(b.port);
    await deliver(pipeline, 'after', 50);
    // New connections reach the promoted server, which has the ledger.
    expect(await atB.dbsize()).toBeGreaterThan(50);
  });

  it(
    'with a Redis Cluster with a password, of which two of three nodes are configured',
    async () => {
      const cluster = await startRedisCluster({ password: 'p@ss/word' });
      undo.push(cluster.stop);
      await deliver(await pipelineOn(cluster.urls.slice(0, 2).join(',')), 'cluster', 60);
    },
    clusterTestMs,
  );

  it(
    'with a Redis Cluster with a password and TLS, of which two of three nodes are configured',
    async () => {
      const authority = await createCertificateAuthority();
      undo.push(authority.remove);
      const certificate = await authority.issue('redis', 'DNS:localhost');
      const cluster = await startRedisCluster({ password: 'pw', certificate });
      undo.push(cluster.stop);
      // The nodes announce their IP addresses, which are not in the certificate.
      const named = cluster.urls.slice(0, 2).map((url) => url.replace('127.0.0.1', 'localhost'));
      await deliver(await pipelineOn(named.join(','), { REDIS_SSL_CA: authority.ca }), 'cluster', 60);
    },
    clusterTestMs,
  );

  it(
    'with Sentinels, a password and TLS, before and after a failover',
    async () => {
      const authority = await createCertificateAuthority();
      undo.push(authority.remove);
      const certificate = await authority.issue('redis', 'DNS:localhost');
      const { sentinels, masterName, master, stop } = await startRedisSentinels({
        password: 'pw',
        certificate,
      });
      undo.push(stop);
      // The Sentinels announce the master's IP address, which is not in the certificate.
      const named = sentinels.map((address) => address.replace('127.0.0.1', 'localhost'));
      const redisUrl = `rediss+sentinel://:pw@${named.join(',')}/${masterName}`;
      const pipeline = await pipelineOn(redisUrl, { REDIS_SSL_CA: authority.ca });
      await deliver(pipeline, 'before', 10);
      await master.kill();
      await deliver(pipeline, 'after', 50);
    },
    clusterTestMs,
  );
});
