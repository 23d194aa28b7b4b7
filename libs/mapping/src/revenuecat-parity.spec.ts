import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type IntegrationInput } from '@app/integrations';
import { isObject } from '@app/revenuecat';
import { StatsigClient } from '@app/statsig';
import { testPublished } from '@app/testing';
import { deliveriesOf, map } from '../test/mapping.builder';

/** A webhook, and the requests that RevenueCat's own integration with Statsig would make of it. */
interface Sample {
  webhook: unknown;
  requests: { url: string; headers: object; body: object }[];
}

/** The settings with which this project sends what RevenueCat's own integration sends. */
const likeRevenueCat: Partial<IntegrationInput> = {
  format: 'revenuecat',
  eventNames: 'rc',
  includeSandbox: true,
  privacy: { sensitiveAttributes: 'keep' },
};

const folder = path.resolve(__dirname, '../../testing/fixtures/statsig');
const sampleOf = (name: string): Sample =>
  JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Sample;
const names = readdirSync(folder).map((file) => path.parse(file).name);

describe('with the settings that match RevenueCat, Statsig receives what RevenueCat would send', () => {
  const statsig = new StatsigClient({
    webhookUrl: 'https://api.statsig.com',
    webhookPath: '/v1/webhooks/revenuecat',
    eventsUrl: 'https://events.statsigapi.net',
    connections: 1,
    connectTimeoutMs: 1,
    timeoutMs: 1,
  });
  afterAll(() => statsig.close());

  it.each(names)('of %s, key for key', (name) => {
    const { webhook, requests } = sampleOf(name);
    const sent = deliveriesOf(map(webhook, likeRevenueCat)).map(({ format, body }) =>
      statsig.describeRequest(format, Buffer.from(body), 0),
    );
    expect(
      sent.map((request) => ({ ...request, body: JSON.parse(request.body.toString()) as unknown })),
    ).toEqual(requests);
    if (name !== 'transfer')
      expect(sent.map(({ body }) => body.toString())).toEqual(
        requests.map(({ body }) => JSON.stringify(body)),
      );
  });
});

describe("RevenueCat's published sample", () => {
  // RevenueCat has published no sample of a transfer, only that it becomes two events.
  for (const name of names.filter((one) => one !== 'transfer')) {
    testPublished(
      `corpus/statsig/${name.replaceAll('-', '_')}.json`,
      `of ${name} has the shape of ours`,
      (file) => {
        const { delivered_to_statsig: theirs } = JSON.parse(readFileSync(file, 'utf8')) as Record<
          string,
          unknown
        >;
        expect(sampleOf(name).requests.map(({ body }) => shapeOf(body))).toEqual([shapeOf(theirs)]);
      },
    );
  }

  testPublished('corpus/statsig', 'exists for nothing else', (published) => {
    const theirs = readdirSync(published).map((file) => path.parse(file).name.replaceAll('_', '-'));
    expect(theirs.sort()).toEqual(names.filter((name) => name !== 'transfer').sort());
  });
});

const closedFields = new Set(['type', 'api_version', 'environment', 'store', 'period_type', 'cancel_reason']);

/** The keys in their order and the types of the values. Of fields with a closed set of values, the value itself. */
function shapeOf(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => shapeOf(item));
  if (isObject(value)) return Object.entries(value).map(([name, one]) => [name, shapeOf(one, name)]);
  if (value === null || value === 0 || closedFields.has(field)) return value;
  if (typeof value === 'string' && value.startsWith('$RCAnonymousID:')) return 'anonymous id';
  return typeof value;
}
