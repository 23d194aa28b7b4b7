import { startLocalKafka, startRedis } from '@tools/stack';
import getPort from 'get-port';
import { Arena, pause } from '../arena';
import { type Outcome, outcome, type Scenario } from '../scenario';
import { TcpProxy, type Toxic } from '../tcp-proxy';

const slowStatsig = { kind: 'latency', latency: { shape: 'uniform', minMs: 5, maxMs: 50 } };

export const redisRestarted: Scenario = {
  name: 'Redis killed and restarted, with its data',
  run: async (settings) => {
    const redis = await startRedis();
    const arena = await Arena.open({ ...settings, redisUrl: redis.url });
    try {
      await arena.statsig.faults(slowStatsig);
      await arena.fleet.scaleTo(2);
      await arena.fleet.ready();
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
      await arena.fleet.scaleTo(2);
      await arena.fleet.ready();
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

export const kafkaRestarted: Scenario = {
  name: 'the Kafka broker killed and restarted',
  run: async (settings) => {
    const kafka = await startLocalKafka();
    const arena = await Arena.open({ ...settings, kafkaBrokers: kafka.brokers });
    try {
      await arena.statsig.faults(slowStatsig);
      await arena.fleet.scaleTo(2);
      await arena.fleet.ready();
      const produced = arena.produce({ overMs: 20_000 });
      await pause(8_000);
      await kafka.kill();
      await pause(5_000);
      await kafka.restart();
      await produced;
      return outcome(await arena.settled());
    } finally {
      await arena.close();
      await kafka.stop();
    }
  },
};

const toxics: Toxic[] = [{ kind: 'latency', ms: 100 }, { kind: 'cut' }, { kind: 'half_open' }];

async function throughToxics(arena: Arena, proxy: TcpProxy): Promise<Outcome> {
  await arena.fleet.scaleTo(2);
  await arena.fleet.ready();
  const produced = arena.produce({ overMs: 40_000 });
  for (const toxic of toxics) {
    await pause(3_000);
    proxy.set(toxic);
    await pause(8_000);
    proxy.set({ kind: 'none' });
  }
  await produced;
  return outcome(await arena.settled());
}

export const kafkaToxics: Scenario = {
  name: 'between dispatcher and Kafka: latency, cut, half-open',
  run: async (settings) => {
    const listenOn = await getPort();
    const proxy = await TcpProxy.to('127.0.0.1', listenOn);
    const kafka = await startLocalKafka({ proxied: { listenOn, advertise: proxy.port } });
    const arena = await Arena.open(
      { ...settings, kafkaBrokers: kafka.brokers },
      { env: { KAFKA_BROKERS: `127.0.0.1:${String(proxy.port)}` } },
    );
    try {
      return await throughToxics(arena, proxy);
    } finally {
      await arena.close();
      proxy.close();
      await kafka.stop();
    }
  },
};

export const redisToxics: Scenario = {
  name: 'between dispatcher and Redis: latency, cut, half-open',
  run: async (settings) => {
    const { hostname, port } = new URL(settings.redisUrl);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const arena = await Arena.open({ ...settings, redisUrl: `redis://127.0.0.1:${String(proxy.port)}` });
    try {
      return await throughToxics(arena, proxy);
    } finally {
      await arena.close();
      proxy.close();
    }
  },
};
