import { connectRedis } from '@app/platform';
import { silentLogger } from '@app/testing';
import { startRedis, until } from '@tools/stack';
import { ChaosPipeline, withPipeline, pause } from '../chaos-pipeline';
import { type ScenarioOutcome, outcome, type Scenario } from '../scenario';
import { TcpProxy, type Toxic } from '../tcp-proxy';
import { underLoad } from '../under-load';

const slowStatsig = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } };

export const redisRestart: Scenario = {
  name: 'Redis killed and restarted, with its data',
  run: async (settings) => {
    const redis = await startRedis();
    const pipeline = await ChaosPipeline.open({ ...settings, redisUrl: redis.url });
    try {
      await pipeline.statsig.faults(slowStatsig);
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 20_000 });
      for (let i = 0; i < 2; i++) {
        await pause(5_000);
        await redis.kill();
        await pause(3_000);
        await redis.restart();
      }
      await produced;
      return outcome(await pipeline.drain());
    } finally {
      await pipeline.close();
      await redis.stop();
    }
  },
};

export const redisDataLoss: Scenario = {
  name: 'Redis loses its data',
  run: async (settings) => {
    const redis = await startRedis({ settings: ['--appendonly', 'no'] });
    const pipeline = await ChaosPipeline.open({ ...settings, redisUrl: redis.url });
    try {
      await pipeline.statsig.faults(slowStatsig);
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 20_000 });
      await pause(8_000);
      await redis.kill();
      await redis.restart();
      await produced;
      const result = await pipeline.drain();
      // As documented, an event that was delivered but not committed before the loss may be repeated if it is read again.
      return outcome(result, {
        allowedRepeats: settings.events,
        notes: ['events that are read again after the loss may be repeated'],
      });
    } finally {
      await pipeline.close();
      await redis.stop();
    }
  },
};

export const redisDemotion: Scenario = {
  name: 'Redis demoted to a replica while its connections stay open',
  run: async (settings) => {
    const [old, promoted] = await Promise.all([startRedis(), startRedis()]);
    const proxy = await TcpProxy.to('127.0.0.1', old.port);
    try {
      await command(promoted.url, 'REPLICAOF', '127.0.0.1', String(old.port));
      await until(
        async () => {
          const replication = await command(promoted.url, 'INFO', 'replication');
          if (!replication.includes('master_link_status:up'))
            throw new Error('the replica has not synchronized yet');
        },
        { timeoutMs: 20_000 },
      );
      const redisUrl = `redis://127.0.0.1:${String(proxy.port)}`;
      return await underLoad({ ...settings, redisUrl }, { overMs: 60_000 }, async () => {
        await pause(20_000);
        await command(promoted.url, 'REPLICAOF', 'NO', 'ONE');
        await command(old.url, 'REPLICAOF', '127.0.0.1', String(promoted.port));
        proxy.retarget(promoted.port);
      });
    } finally {
      proxy.close();
      await Promise.all([old.stop(), promoted.stop()]);
    }
  },
};

async function command(url: string, name: string, ...args: string[]): Promise<string> {
  const redis = connectRedis({ REDIS_URL: [url] }, silentLogger);
  try {
    return String(await redis.call(name, ...args));
  } finally {
    redis.disconnect();
  }
}

export const kafkaRestart: Scenario = {
  name: 'a Kafka broker killed and restarted',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      const { nodes, admin } = settings.kafka;
      await pipeline.statsig.faults(slowStatsig);
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      const produced = pipeline.produce({ overMs: 20_000 });
      await pause(8_000);
      await nodes[0]?.kill();
      await pause(5_000);
      await nodes[0]?.restart();
      await produced;
      await admin.inSync();
      return outcome(await pipeline.drain());
    }),
};

const toxics: Toxic[] = [{ kind: 'latency', ms: 100 }, { kind: 'cut' }, { kind: 'half_open' }];

async function throughToxics(
  pipeline: ChaosPipeline,
  proxies: readonly TcpProxy[],
): Promise<ScenarioOutcome> {
  await pipeline.dispatchers.scaleTo(2);
  await pipeline.dispatchers.ready();
  const produced = pipeline.produce({ overMs: 40_000 });
  for (const toxic of toxics) {
    await pause(3_000);
    for (const proxy of proxies) proxy.set(toxic);
    await pause(8_000);
    for (const proxy of proxies) proxy.set({ kind: 'none' });
  }
  await produced;
  return outcome(await pipeline.drain());
}

export const kafkaToxics: Scenario = {
  name: 'between dispatcher and Kafka: latency, cut, half-open',
  run: ({ kafka, ...settings }) =>
    withPipeline({ ...settings, kafka }, { env: { KAFKA_BROKERS: kafka.proxiedBrokers } }, (pipeline) =>
      throughToxics(pipeline, kafka.proxies),
    ),
};

export const redisToxics: Scenario = {
  name: 'between dispatcher and Redis: latency, cut, half-open',
  run: async (settings) => {
    const { hostname, port } = new URL(settings.redisUrl);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const pipeline = await ChaosPipeline.open({
      ...settings,
      redisUrl: `redis://127.0.0.1:${String(proxy.port)}`,
    });
    try {
      return await throughToxics(pipeline, [proxy]);
    } finally {
      await pipeline.close();
      proxy.close();
    }
  },
};
