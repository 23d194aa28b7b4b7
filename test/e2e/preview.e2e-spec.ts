import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { headerNames } from '@app/kafka';
import { until } from '@tools/stack';
import { type Preview, type PreviewedDelivery } from '../../apps/console/api/preview';
import { RunningConsole } from '../../apps/console/test/running-console';
import { type Project, RunningPipeline, type StatsigEvent } from './running-pipeline';

const folder = path.resolve(__dirname, '../../libs/testing/fixtures/webhooks');

/** The payloads, each with an id of its own. A customer of the first ones has attributes that later ones lack. */
const webhooks = readdirSync(folder).map((file): [file: string, id: string, text: string] => {
  const { event, ...others } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { event: object };
  const id = `preview-${file}`;
  return [file, id, JSON.stringify({ ...others, event: { ...event, id } })];
});

const batchHead = '{"events":[';
const batchTail = '],"statsigMetadata":{"sdkType":"revenuecat-statsig"}}';

const everything = { eventTypes: ['*'], includeSandbox: true, blockedIds: ['shared-device'] };
const envelopes: Project = { ...everything, projectId: 'envelopes', eventNames: 'rc' };
const events: Project = {
  ...everything,
  projectId: 'events',
  format: 'log_event',
  identity: 'best_known',
  customIds: { original: 'original_app_user_id', mail: '$email' },
  sandboxTier: 'staging',
  privacy: { attributes: { $email: 'hash' }, salt: 'salt of sixteen!' },
};

describe('the preview of an event', () => {
  let pipeline: RunningPipeline;
  let console: RunningConsole;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({}, [envelopes, events]);
    console = await RunningConsole.start(pipeline.topics.prefix, {
      ...pipeline.env,
      STATSIG_BASE_URL: pipeline.statsigUrl,
      STATSIG_EVENTS_URL: pipeline.statsigUrl,
    });
  });

  afterAll(async () => {
    await console.stop();
    await pipeline.stop();
  });

  async function preview(id: string, { projectId, ...settings }: Project, salt?: string): Promise<Preview> {
    const body = {
      projectId: envelopes.projectId,
      settings: { ...settings, privacy: { ...settings.privacy, salt } },
      event: { project: envelopes.projectId, id },
    };
    return until(
      async () => {
        const response = await console.do('previews', body);
        if (!response.ok) throw new Error(`${projectId}: ${response.status} ${await response.text()}`);
        return (await response.json()) as Preview;
      },
      { timeoutMs: 20_000 },
    );
  }

  function deliveriesOf({ draft }: Preview): PreviewedDelivery[] {
    return draft.map((outcome) => {
      if (outcome.kind !== 'delivery') throw new Error(`${outcome.kind}: ${outcome.detail}`);
      return outcome;
    });
  }

  /** What Statsig receives for the deliveries, in their order. */
  function received(deliveries: readonly PreviewedDelivery[], endpoint: string): Promise<StatsigEvent[]> {
    return until(
      async () => {
        const all = await pipeline.statsigEvents();
        return deliveries.map(({ deliveryId }) => {
          const found = all.find((event) => event.id === deliveryId && event.endpoint === endpoint);
          if (found === undefined) throw new Error(`Statsig has not received ${deliveryId} at ${endpoint}`);
          return found;
        });
      },
      { timeoutMs: 30_000 },
    );
  }

  /** The request that carries these deliveries together, as the dispatcher may send both sides of a transfer. */
  function requestOf([first, ...others]: readonly PreviewedDelivery[]) {
    const { url, headers, body } = first?.request ?? { url: '', headers: {}, body: '' };
    const eventsIn = (one: string) => one.slice(batchHead.length, -batchTail.length);
    const more = others.map(({ request }) => `,${eventsIn(request.body)}`).join('');
    return {
      url,
      headers: { ...headers, ...(others.length > 0 && { 'statsig-event-count': String(1 + others.length) }) },
      body: more === '' ? body : `${batchHead}${eventsIn(body)}${more}${batchTail}`,
    };
  }

  it.each(webhooks)(
    'shows byte for byte what Statsig receives, with the current and with other settings: %s',
    async (_file, id, text) => {
      for (const { projectId } of [envelopes, events]) {
        const receivedAtMs = String(Date.UTC(2026, 6, 1));
        const headers = { [headerNames.projectId]: projectId, [headerNames.receivedAtMs]: receivedAtMs };
        await pipeline.produce(text, `${projectId}:${id}`, headers);
      }
      for (const [project, endpoint, url] of [
        [envelopes, 'revenuecat', '/v1/webhooks/revenuecat'],
        [events, 'log_event', '/v1/log_event'],
      ] as const) {
        const salt = project.privacy?.salt;
        const seen = await received(deliveriesOf(await preview(id, project, salt)), endpoint);
        // The profile now has what the mapper knew of the customer when it mapped the event.
        const shown = await preview(id, project, salt);
        expect(shown).toMatchObject({ eventId: id, isCustomerKnown: true, isSame: project === envelopes });
        const deliveries = deliveriesOf(shown);
        for (const [i, { rawBody, headers, name, userId }] of seen.entries()) {
          expect(deliveries[i]).toMatchObject({ name, userId });
          const together = deliveries
            .map((delivery, n) => ({ delivery, inRequest: seen[n] }))
            .filter(({ inRequest }) => inRequest?.rawBody === rawBody)
            .toSorted((a, b) => (a.inRequest?.seq ?? 0) - (b.inRequest?.seq ?? 0));
          const request = requestOf(together.map(({ delivery }) => delivery));
          expect([request.url, request.body]).toEqual([pipeline.statsigUrl + url, rawBody]);
          const { 'statsig-client-time': time, ...others }: Record<string, string> = request.headers;
          expect(headers).toMatchObject(others);
          expect(time === undefined).toBe(headers['statsig-client-time'] === undefined);
        }
        expect(JSON.stringify(shown)).not.toMatch(/secret-of-|salt of/);
      }
    },
    60_000,
  );
});
