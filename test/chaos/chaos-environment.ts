import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit, startRedis } from '@tools/stack';
import { buildApps } from '../../tools/start/build-apps';
import { launchApp } from '../../tools/start/launch-app';
import { type ChaosSettings, statsigKey } from './chaos-pipeline';
import { startChaosKafka } from './chaos-kafka';

type ChaosEnvironment = Pick<ChaosSettings, 'kafka' | 'redisUrl' | 'statsigUrl' | 'logFolder'>;

/** Starts what all scenarios share: a Kafka cluster, Redis, and a simulated Statsig; builds the apps. `undo` stops it. */
export async function startChaosEnvironment(
  undo: AsyncDisposableStack,
  { brokers }: { brokers: number },
): Promise<ChaosEnvironment> {
  const kafka = await startChaosKafka(brokers, undo);
  const redis = await startRedis();
  undo.defer(redis.stop);
  await buildApps();
  const logFolder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-chaos-'));
  undo.defer((await removeOnExit(logFolder)).remove);
  const simulator = await launchApp(
    {
      name: 'statsig-simulator',
      portVariable: 'SIMULATOR_PORT',
      usualPort: 8090,
      healthPath: '/health/ready',
      env: { SIMULATOR_KEYS: statsigKey },
    },
    logFolder,
  );
  undo.defer(simulator.stop);
  return { kafka, redisUrl: redis.url, statsigUrl: simulator.url, logFolder };
}
