import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startStack } from '@tools/stack';
import { buildApps } from '../../tools/start/build-apps';
import { launchApp } from '../../tools/start/launch-app';
import { type ArenaSettings, statsigKey } from './arena';

type ProvingGround = Omit<ArenaSettings, 'events' | 'customers' | 'seed'>;

/** What arenas share: a real Kafka and Redis, the apps built, and a simulated Statsig. `undo` ends it. */
export async function startProvingGround(undo: AsyncDisposableStack): Promise<ProvingGround> {
  const { kafkaBrokers, redisUrl, stop } = await startStack({ purpose: 'test' });
  undo.defer(stop);
  await buildApps();
  const logFolder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-chaos-'));
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
  return { kafkaBrokers, redisUrl, statsigUrl: simulator.url, logFolder };
}
