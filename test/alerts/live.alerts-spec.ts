import path from 'node:path';
import { until } from '@tools/stack';
import { allMetrics } from '../../tools/docs/all-metrics';
import { AppFleet } from '../chaos/app-fleet';
import { startChaosEnvironment } from '../chaos/chaos-environment';
import { ChaosPipeline } from '../chaos/chaos-pipeline';
import { webhook } from '../chaos/traffic';
import { Alertmanager } from './alertmanager';
import { Prometheus } from './prometheus';

/** Alerts that wait for 5 minutes fire after 15 seconds; an increase over 15 minutes counts for 45 seconds. */
const factor = 20;
const alertTimeoutMs = 90_000;
/** Right for one broker, as the runbook says. */
const oneBroker = ['KafkaUnsafe setting=min_insync_replicas', 'KafkaUnsafe setting=replication_factor'];

const undo = new AsyncDisposableStack();
let pipeline: ChaosPipeline;
let consoles: AppFleet;
let prometheus: Prometheus;
let alertmanager: Alertmanager;
/** Webhooks that ingest accepts, until `endTraffic` is called. */
let traffic: Promise<void> = Promise.resolve();
let endTraffic = (): void => undefined;

const fleets = (): AppFleet[] => [pipeline.ingests, pipeline.mappers, pipeline.dispatchers, consoles];

const metricsUrls = (): string[] => fleets().flatMap(({ all }) => all.map(({ metricsUrl }) => metricsUrl));

/** Waits until exactly these alerts fire, and the receiver of Alertmanager knows it. */
async function firing(...others: string[]): Promise<void> {
  const alerts = [...oneBroker, ...others];
  await prometheus.untilFiring(alerts, alertTimeoutMs);
  await alertmanager.untilReported(alerts, alertTimeoutMs);
}

beforeAll(async () => {
  const environment = await startChaosEnvironment(undo, { brokers: 1 });
  const { logFolder } = environment;
  const settings = { ...environment, events: 0, customers: 20, seed: 1, isShort: true, timeScale: 1 };
  // Recovers within seconds.
  const env = { DISPATCHER_BREAKER_MAX_INTERVAL: '1s' };
  pipeline = await ChaosPipeline.open(settings, { format: 'revenuecat', env });
  undo.defer(() => pipeline.close());
  consoles = new AppFleet(
    'console',
    {
      ...pipeline.env,
      CONSOLE_TOKEN: 'token-of-the-alerts-test',
      CONSOLE_DATABASE: path.join(logFolder, 'read-model.sqlite'),
    },
    logFolder,
  );
  undo.defer(() => consoles.stop());
  await Promise.all(fleets().map((fleet) => fleet.scaleTo(1)));
  await Promise.all(fleets().map((fleet) => fleet.ready()));
  alertmanager = await Alertmanager.start(logFolder, factor);
  undo.defer(() => alertmanager.stop());
  prometheus = await Prometheus.start(logFolder, {
    factor,
    urls: metricsUrls(),
    alertmanager: alertmanager.address,
  });
  undo.defer(() => prometheus.stop());
  const { promise, resolve } = Promise.withResolvers<undefined>();
  endTraffic = () => {
    resolve(undefined);
  };
  traffic = pipeline.post({ perSecond: 10, during: promise });
}, 600_000);

afterAll(async () => {
  endTraffic();
  await traffic;
  await undo.disposeAsync();
}, 120_000);

describe('Prometheus and Alertmanager, with the whole pipeline and its alerts in shorter time', () => {
  it('fires nothing but the alert about a single broker while all is well', async () => {
    await firing();
  });

  it('finds every metric of the apps', async () => {
    await until(
      async () => {
        const found = await prometheus.metricNames();
        const missing = allMetrics.map(({ name }) => name).filter((name) => !found.has(name));
        expect(missing).toEqual([]);
      },
      { timeoutMs: 10_000 },
    );
  });

  it('reports that Statsig fails, until it accepts events again', async () => {
    await pipeline.statsig.faults({ kind: 'status', status: 503 });
    await firing(`StatsigUnavailable project=${pipeline.projectId}`);
    await pipeline.statsig.faults();
    await firing();
  });

  it('reports webhooks with a wrong credential, as long as there are any', async () => {
    const [ingest] = pipeline.ingests.all;
    const response = await fetch(
      `${ingest?.url ?? ''}/v1/projects/${pipeline.projectId}/webhooks/revenuecat`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer wrong' },
        body: webhook('rejected', 'anna'),
      },
    );
    expect(response.status).toBe(401);
    await firing(`WebhooksRejected outcome=unauthorized project=${pipeline.projectId}`);
    await firing();
  });

  it('reports a dispatcher that does not run, until another one does', async () => {
    await pipeline.dispatchers.scaleTo(0);
    await firing('AppAbsent app=dispatcher', 'InstanceDown');
    await pipeline.dispatchers.scaleTo(1);
    await prometheus.scrape(metricsUrls());
    await firing();
  });

  it('fired no other alert', async () => {
    expect(await prometheus.fired()).toEqual(
      [
        ...oneBroker,
        `StatsigUnavailable project=${pipeline.projectId}`,
        `WebhooksRejected outcome=unauthorized project=${pipeline.projectId}`,
        'AppAbsent app=dispatcher',
        'InstanceDown',
      ].toSorted(),
    );
  });

  it('reported each alert with the section of the runbook about it', () => {
    expect(alertmanager.runbookSections()).toEqual(
      new Map(
        ['KafkaUnsafe', 'StatsigUnavailable', 'WebhooksRejected', 'AppAbsent', 'InstanceDown'].map((name) => [
          name,
          `docs/runbook.md#${name.toLowerCase()}`,
        ]),
      ),
    );
  });
});
