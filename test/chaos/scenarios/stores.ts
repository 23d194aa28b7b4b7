import { connectRedis, createLogger } from '@app/platform';
import { startRedis, until } from '@tools/stack';
import { Arena, inArena, pause } from '../arena';
import { type Outcome, outcome, type Scenario } from '../scenario';
import { TcpProxy, type Toxic } from '../tcp-proxy';
import { underLoad } from '../under-load';

const slowStatsig = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } };

export const redisRestarted: Scenario = {
  name: 'Redis killed and restarted, with its data',
  run: async (settings) => {
    const redis = await startRedis();
    const arena = await Arena.open({ ...settings, redisUrl: redis.url });
    try {
      await arena.statsig.faults(slowStatsig);
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 20_000 });
      for (let i = 0; i < 2; i++) {
        await pause(5_000);
        await redis.kill();
        await pause(3_000);
        await redis.restart();
      }
      await produced;
      return outcome(await arena.settled());
    } finally {
      await arena.close();
      await redis.stop();
    }
  },
};

export const redisEmptied: Scenario = {
  name: 'Redis loses its data',
  run: async (settings) => {
    const redis = await startRedis({ settings: ['--appendonly', 'no'] });
    const arena = await Arena.open({ ...settings, redisUrl: redis.url });
    try {
      await arena.statsig.faults(slowStatsig);
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 20_000 });
      await pause(8_000);
      await redis.kill();
      await redis.restart();
      await produced;
      const tally = await arena.settled();
      // Documented: what was delivered and not yet committed when the data went may come again, if it is read again.
      return outcome(tally, {
        allowedRepeats: settings.events,
        notes: ['what is read again after the loss may repeat: see the repeats'],
      });
    } finally {
      await arena.close();
      await redis.stop();
    }
  },
};

export const redisDemoted: Scenario = {
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
            throw new Error('the replica has not synced yet');
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
  const redis = connectRedis({ REDIS_URL: [url] }, createLogger('chaos', 'silent'));
  try {
    return String(await redis.call(name, ...args));
  } finally {
    redis.disconnect();
  }
}

export const kafkaRestarted: Scenario = {
  name: 'a Kafka broker killed and restarted',
  run: (settings) =>
    inArena(settings, {}, async (arena) => {
      const { nodes, admin } = settings.kafka;
      await arena.statsig.faults(slowStatsig);
      await arena.dispatchers.scaleTo(2);
      await arena.dispatchers.ready();
      const produced = arena.produce({ overMs: 20_000 });
      await pause(8_000);
      await nodes[0]?.kill();
      await pause(5_000);
      await nodes[0]?.restart();
      await produced;
      await admin.inSync();
      return outcome(await arena.settled());
    }),
};

const toxics: Toxic[] = [{ kind: 'latency', ms: 100 }, { kind: 'cut' }, { kind: 'half_open' }];

async function throughToxics(arena: Arena, proxies: readonly TcpProxy[]): Promise<Outcome> {
  await arena.dispatchers.scaleTo(2);
  await arena.dispatchers.ready();
  const produced = arena.produce({ overMs: 40_000 });
  for (const toxic of toxics) {
    await pause(3_000);
    for (const proxy of proxies) proxy.set(toxic);
    await pause(8_000);
    for (const proxy of proxies) proxy.set({ kind: 'none' });
  }
  await produced;
  return outcome(await arena.settled());
}

export const kafkaToxics: Scenario = {
  name: 'between dispatcher and Kafka: latency, cut, half-open',
  run: ({ kafka, ...settings }) =>
    inArena({ ...settings, kafka }, { env: { KAFKA_BROKERS: kafka.proxiedBrokers } }, (arena) =>
      throughToxics(arena, kafka.proxies),
    ),
};

export const redisToxics: Scenario = {
  name: 'between dispatcher and Redis: latency, cut, half-open',
  run: async (settings) => {
    const { hostname, port } = new URL(settings.redisUrl);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const arena = await Arena.open({ ...settings, redisUrl: `redis://127.0.0.1:${String(proxy.port)}` });
    try {
      return await throughToxics(arena, [proxy]);
    } finally {
      await arena.close();
      proxy.close();
    }
  },
};
