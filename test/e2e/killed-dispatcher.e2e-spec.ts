import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@tools/stack';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet } from '../chaos/app-fleet';
import { TcpProxy } from '../chaos/tcp-proxy';
import { RunningPipeline } from './running-pipeline';
import { ids, renewals } from './renewals';

const patience = { timeoutMs: 60_000 };

describe('a dispatcher that is killed after Statsig has accepted events, and before it has marked them in Redis', () => {
  let pipeline: RunningPipeline;
  let redis: TcpProxy;
  let dispatcher: AppFleet;
  let folder: string;

  beforeAll(async () => {
    await buildApps();
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-killed-'));
    pipeline = await RunningPipeline.start({ STATSIG_REQUEST_TIMEOUT: '3s', DISPATCHER_LEASE: '10s' });
    await pipeline.stopApp('dispatcher');
    const settings = pipeline.settingsOf('dispatcher');
    const { hostname, port } = new URL(settings['REDIS_URL'] ?? '');
    redis = await TcpProxy.to(hostname, Number(port));
    const env = { ...settings, REDIS_URL: `redis://127.0.0.1:${String(redis.port)}` };
    dispatcher = new AppFleet('dispatcher', env, folder);
    await dispatcher.start();
    await dispatcher.ready();
  }, 120_000);

  afterAll(async () => {
    await dispatcher.stop();
    redis.close();
    await pipeline.stop();
    await rm(folder, { recursive: true });
  }, 60_000);

  it('loses no event, and repeats only those events', async () => {
    const { projectId, topics } = pipeline;
    const produce = (eventIds: readonly string[]): Promise<void> =>
      pipeline.producer.send(renewals(topics.names.events, projectId, eventIds, eventIds.length));
    const claimed = ids('claimed', 20);
    await pipeline.faults({ kind: 'latency', latency: { shape: 'fixed', ms: 2_000 } });
    await produce(claimed);
    // The simulator counts events as accepted on arrival, before it responds.
    await until(async () => {
      expect(await pipeline.statsigEvents('summary=true')).toHaveLength(20);
    }, patience);
    redis.set({ kind: 'latency', ms: 5_000 });
    await until(async () => {
      expect(await dispatcher.metric('rcstatsig_dispatcher_requests_in_flight')).toBe(0);
    }, patience);
    await dispatcher.kill(dispatcher.all[0]);
    redis.set({ kind: 'none' });
    await pipeline.faults();

    const others = ids('others', 20);
    await produce(others);
    await pipeline.receiptsOf([...claimed, ...others], 'delivered');
    // The leases of the killed process expire, and each of its events is sent and marked once more.
    expect(await pipeline.statsigRepeats()).toEqual(Object.fromEntries(claimed.map((id) => [id, 2])));
    await produce([...claimed, ...others]);
    await pipeline.receiptsOf([...claimed, ...others], 'duplicate');
    expect(await pipeline.statsigEvents('summary=true')).toHaveLength(60);
  }, 120_000);
});
