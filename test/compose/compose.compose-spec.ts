import { until } from '@tools/stack';
import { ComposeProject } from './compose-project';
import { renewals, type Renewal } from './renewals';
import { sendToTopic, sendToWebhook } from './senders';
import { acceptedOrder, repeatedIds, sentOrder, Statsig } from './statsig';

const apps = ['ingest', 'mapper', 'dispatcher', 'console', 'statsig-simulator'];
const dispatchers = 3;
/** Maximum number of requests in flight per dispatcher (STATSIG_MAX_IN_FLIGHT). */
const maxInFlight = 64;
const slowResponseMs = 100;
/** docs/deploy.md states the size. */
const maxSizeMb = 130;

let compose: ComposeProject;
let statsig: Statsig;

const allHealthy = async (service: string): Promise<void> => {
  const containers = await compose.containers(service);
  await Promise.all(containers.map((container) => container.untilHealthy()));
};

const send = async (events: { toWebhook: Renewal[]; toTopic: Renewal[] }): Promise<void> => {
  await Promise.all([
    sendToWebhook(compose.ingestUrl, events.toWebhook),
    sendToTopic(compose.kafkaBrokers, events.toTopic),
  ]);
};

beforeAll(async () => {
  compose = await ComposeProject.prepare();
  statsig = new Statsig(compose.simulatorUrl);
  await compose.up({ dispatchers });
  await Promise.all(apps.map(allHealthy));
}, 1_500_000);

afterAll(() => compose.down());

describe('the stack of docker-compose.yml, with three dispatchers', () => {
  it('delivers events from webhooks and from the topic once, in order for each customer', async () => {
    const toWebhook = renewals({ customers: 60, each: 10 });
    const toTopic = renewals({ customers: 60, each: 20 });
    const events = [...toWebhook, ...toTopic];
    await send({ toWebhook, toTopic });
    await statsig.untilAccepted(events);

    const accepted = await statsig.acceptedEvents();
    expect(acceptedOrder(events, accepted)).toEqual(sentOrder(events));
    expect(repeatedIds(events, accepted)).toEqual([]);
  });

  it('distributes the work over all three', async () => {
    const containers = await compose.containers('dispatcher');
    const delivered = await Promise.all(
      containers.map((container) =>
        container.metric('rcstatsig_dispatcher_outcomes_total', 'outcome="delivered"'),
      ),
    );
    expect(delivered).toHaveLength(dispatchers);
    expect(Math.min(...delivered)).toBeGreaterThan(0);
  });

  it('loses nothing and keeps the order when a dispatcher is killed in the middle', async () => {
    const events = renewals({ customers: 90, each: 20 });
    await statsig.respondAfter(slowResponseMs);
    await sendToTopic(compose.kafkaBrokers, events);
    await statsig.untilAccepted(events, events.length / 5);
    const [victim] = await compose.containers('dispatcher');
    await victim?.kill();
    await statsig.respondAfter(0);
    await statsig.untilAccepted(events);

    const accepted = await statsig.acceptedEvents();
    expect(acceptedOrder(events, accepted)).toEqual(sentOrder(events));
    // Events in flight may be repeated, because the killed process could not record that Statsig accepted them.
    expect(repeatedIds(events, accepted).length).toBeLessThanOrEqual(maxInFlight);

    await victim?.remove();
    await compose.scale(dispatchers);
    await allHealthy('dispatcher');
  });

  it('loses and repeats nothing during a rolling restart of every dispatcher and mapper', async () => {
    const toWebhook = renewals({ customers: 30, each: 40 });
    const toTopic = renewals({ customers: 60, each: 40 });
    const events = [...toWebhook, ...toTopic];
    const rolled = [...(await compose.containers('dispatcher')), ...(await compose.containers('mapper'))];
    await statsig.respondAfter(slowResponseMs);
    const sent = send({ toWebhook, toTopic });
    await statsig.untilAccepted(events, events.length / 20);
    for (const container of rolled) {
      expect(await container.stop()).toBe(0);
      await container.start();
      await container.untilHealthy();
    }
    await statsig.respondAfter(0);
    await sent;
    await statsig.untilAccepted(events);

    const accepted = await statsig.acceptedEvents();
    expect(acceptedOrder(events, accepted)).toEqual(sentOrder(events));
    expect(repeatedIds(events, accepted)).toEqual([]);
  });

  it('delivers events that arrived while no dispatcher was running', async () => {
    const events = renewals({ customers: 20, each: 5 });
    await compose.scale(0);
    await sendToTopic(compose.kafkaBrokers, events);
    await compose.scale(dispatchers);
    await statsig.untilAccepted(events);
    expect(repeatedIds(events, await statsig.acceptedEvents())).toEqual([]);
  });

  it.each(apps)('runs %s without privileges and on a read-only file system', async (service) => {
    const [container] = await compose.containers(service);
    if (container === undefined) throw new Error(`no container of ${service}`);
    expect(await container.execute('id', '-u')).toBe('1000\n');
    expect(await container.inspect('{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}')).toBe(
      'true [ALL]',
    );
    await expect(container.execute('touch', '/app/file')).rejects.toThrow('Read-only file system');
  });

  it('adds a limited size to the base image', async () => {
    const [container] = await compose.containers('console');
    const used = await container?.execute('du', '--summarize', '--apparent-size', '--block-size=MB', '/app');
    expect(Number.parseInt(used ?? '', 10)).toBeLessThan(maxSizeMb);
  });

  it('publishes on the loopback interface only', async () => {
    for (const service of ['kafka', 'redis', 'ingest', 'console', 'statsig-simulator']) {
      const [container] = await compose.containers(service);
      const bound = await container?.inspect(
        '{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}',
      );
      expect(bound).toBe('127.0.0.1');
    }
  });

  it('leaves nothing behind', async () => {
    await compose.down();
    await until(
      async () => {
        expect(await compose.leftovers()).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  });
});
