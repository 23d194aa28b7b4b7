import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@tools/stack';
import { buildApps } from '../../tools/start/build-apps';
import { AppFleet, type AppName } from '../chaos/app-fleet';
import { OtlpReceiver } from './otlp-receiver';
import { renewal } from './renewals';
import { RunningPipeline } from './running-pipeline';

const apps = ['ingest', 'mapper', 'dispatcher'] as const satisfies AppName[];
const route = '/v1/webhooks/revenuecat';

describe('the spans of apps that receive SIGTERM', () => {
  let folder: string;
  let collector: OtlpReceiver;
  let pipeline: RunningPipeline;
  let fleets: AppFleet[];

  beforeAll(async () => {
    await buildApps();
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-tracing-'));
    collector = await OtlpReceiver.start();
    pipeline = await RunningPipeline.start();
    // Processes do their work instead, so that this one does not receive the signal.
    await Promise.all([pipeline.stopApp('mapper'), pipeline.stopApp('dispatcher')]);
    const tracing = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      // No span is sent before the end.
      OTEL_BSP_SCHEDULE_DELAY: '600000',
    };
    fleets = apps.map((app) => new AppFleet(app, { ...pipeline.settingsOf(app), ...tracing }, folder));
    await Promise.all(fleets.map((fleet) => fleet.start()));
    await Promise.all(fleets.map((fleet) => fleet.ready()));
  }, 300_000);

  afterAll(async () => {
    await Promise.all(fleets.map((fleet) => fleet.stop()));
    await pipeline.stop();
    collector.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('are all sent, and those of a request in flight too', async () => {
    await pipeline.faults({ kind: 'latency', latency: { shape: 'fixed', ms: 2_000 } });
    const instances = fleets.flatMap((fleet) => fleet.all);
    const response = await fetch(`${instances[0]?.url ?? ''}${route}`, {
      method: 'POST',
      body: renewal('last', 'ann'),
      headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    // Statsig has the event, and its response is delayed.
    await until(
      async () => {
        if ((await pipeline.statsigEvents()).length === 0) throw new Error('Statsig has no event yet');
      },
      { timeoutMs: 20_000 },
    );
    expect(collector.spans).toEqual([]);
    await Promise.all(fleets.map((fleet, i) => fleet.terminate(instances[i])));
    const exits = await Promise.all(instances.map(({ process: { exited } }) => exited));
    expect(exits).toMatchObject(instances.map(() => ({ code: 0 })));

    const { events, deliveriesPrefix } = pipeline.topics.names;
    const deliveries = deliveriesPrefix + pipeline.projectId;
    const [webhook] = collector.spans.filter(
      ({ name, parentSpanId }) => name === `POST ${route}` && parentSpanId === '',
    );
    const names = collector.spans
      .filter(({ traceId }) => traceId === webhook?.traceId)
      .map(({ name }) => name);
    expect(names.toSorted()).toEqual(
      [
        ...[`POST ${route}`, `send ${events}`, `process ${events}`],
        ...[`send ${deliveries}`, `process ${deliveries}`, 'POST /v1/webhooks/revenuecat'],
      ].toSorted(),
    );
    const delivery = collector.spans.find(({ name }) => name === `process ${deliveries}`);
    expect(delivery?.attributes).toMatchObject({ 'rcstatsig.outcome': 'delivered' });
  }, 120_000);
});
