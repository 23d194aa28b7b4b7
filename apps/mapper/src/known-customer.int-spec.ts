import { decodeDelivery } from '@app/delivery';
import { ProfileStore } from '@app/identity';
import { type IntegrationInput } from '@app/integrations';
import { connectRedis } from '@app/platform';
import { type JsonObject } from '@app/revenuecat';
import { silentLogger } from '@app/testing';
import { mapBatch } from './mapper.stage';
import { anIntegration, eventBody } from '../../../libs/mapping/test/mapping.builder';
import { batchOf, eventRecord, portsWith } from '../test/stage.builder';

describe('data that the profile of a customer adds to later events', () => {
  const redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
  let projects = 0;

  afterAll(() => {
    redis.disconnect();
  });

  /** Maps each event in its own batch, and returns what would be sent to Statsig. */
  async function sent(settings: Partial<IntegrationInput>, ...events: JsonObject[]): Promise<JsonObject[]> {
    const projectId = `known-${process.pid}-${++projects}`;
    const integration = anIntegration({ projectId, eventTypes: ['*'], ...settings });
    const ports = portsWith({
      profiles: new ProfileStore(redis, { ttlMs: 86_400_000 }),
      integrations: {
        find: () => ({ kind: 'ready', integration }),
        whenAny: () => Promise.resolve(true),
        refresh: () => Promise.resolve(),
      },
    });
    for (const [i, fields] of events.entries())
      await mapBatch(batchOf([eventRecord(eventBody({ id: `e${i}`, ...fields }), { projectId })]), ports);
    return ports.written
      .filter(({ topic }) => topic.includes('deliveries'))
      .map(({ value }) => JSON.parse(decodeDelivery(value as Buffer).body.toString()) as JsonObject);
  }

  const ofTester: JsonObject[] = [
    { environment: 'SANDBOX' },
    { type: 'EXPERIMENT_ENROLLMENT', environment: null, price: null },
    { type: 'TEMPORARY_ENTITLEMENT_GRANT', environment: null, store: 'TEST_STORE', price: null },
  ];

  it.each(['revenuecat', 'log_event'] as const)(
    'keeps events of a tester that state no environment out of production, in format %s',
    async (format) => {
      expect(await sent({ format }, ...ofTester)).toEqual([]);
      for (const body of await sent({ format, includeSandbox: true }, ...ofTester)) {
        expect(body).toMatchObject(
          format === 'log_event'
            ? { user: { statsigEnvironment: { tier: 'development' } } }
            : { event: { environment: 'SANDBOX' } },
        );
      }
    },
  );

  it('replaces a value that a wrong clock stamped in the future', async () => {
    const at = (time: string, plan?: [value: string, updatedAtMs: number]): JsonObject => ({
      event_timestamp_ms: Date.parse(time),
      subscriber_attributes: plan === undefined ? null : { plan: { value: plan[0], updated_at_ms: plan[1] } },
    });
    const bodies = await sent(
      { format: 'log_event' },
      at('2026-01-01T00:00:00Z', ['old', Date.UTC(2035, 0)]),
      at('2026-01-02T00:00:00Z', ['new', Date.UTC(2026, 0, 1, 23)]),
      at('2026-01-02T00:00:01Z'),
    );
    expect(bodies.map(({ user }) => (user as { custom: JsonObject }).custom['plan'])).toEqual([
      'old',
      'new',
      'new',
    ]);
  });
});
