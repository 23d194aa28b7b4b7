import { deliveriesTopic } from '@app/kafka';
import { until } from '@tools/stack';
import { FakeRevenueCat } from '@app/testing';
import { RunningPipeline, type StatsigEvent } from './running-pipeline';

describe('the RevenueCat lookup of an unknown customer', () => {
  let revenueCat: FakeRevenueCat;
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    revenueCat = await FakeRevenueCat.start();
    pipeline = await RunningPipeline.start({
      REVENUECAT_API_URL: revenueCat.url,
      REVENUECAT_API_KEY: revenueCat.apiKey,
      REVENUECAT_PROJECT_ID: 'proj1',
      REVENUECAT_LOOKUP_TIMEOUT: '500ms',
    });
  });

  afterAll(async () => {
    await pipeline.stop();
    await revenueCat.stop();
  });

  async function send(id: string, fields: object, events = 1): Promise<StatsigEvent[]> {
    await pipeline.produce(JSON.stringify({ event: { id, type: 'RENEWAL', ...fields } }), id);
    return until(
      async () => {
        const seen = await pipeline.statsigEvents(`id=${encodeURIComponent(id)}`);
        if (seen.length < events) throw new Error(`Statsig saw ${seen.length} of ${events} events of ${id}`);
        return seen.sort((a, b) => a.id.localeCompare(b.id));
      },
      { timeoutMs: 20_000 },
    );
  }

  it('adds the ids and attributes from RevenueCat, and happens once', async () => {
    revenueCat.customers.set('giver', {
      aliases: ['giver', 'g2'],
      attributes: { plan: ['gold', 5], city: ['', 6] },
    });
    revenueCat.customers.set('taker', { aliases: ['taker'], attributes: {} });
    const [from] = await send(
      'lookup-1',
      { type: 'TRANSFER', transferred_from: ['giver'], transferred_to: ['taker'] },
      2,
    );
    expect(from?.event).toMatchObject({
      app_user_id: 'giver',
      aliases: ['g2', 'giver'],
      subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } },
    });
    const requestCount = revenueCat.requests.length;
    const [later] = await send('lookup-2', { app_user_id: 'g2' });
    expect(later?.event).toMatchObject({ aliases: ['g2', 'giver'] });
    expect(revenueCat.requests).toHaveLength(requestCount);
  });

  it('is skipped if RevenueCat does not respond in time, which is noted in the delivery', async () => {
    revenueCat.fault = () => undefined;
    const [seen] = await send('lookup-3', { app_user_id: 'timed-out' });
    expect(seen?.event).toMatchObject({ app_user_id: 'timed-out' });
    const deliveries = deliveriesTopic(pipeline.topics.names, pipeline.projectId);
    const delivery = await pipeline.topics.find(deliveries, ({ value }) =>
      String(value).includes('"lookup-3"'),
    );
    expect(JSON.parse(String(delivery.value))).toMatchObject({ enrichment: 'lookup_unavailable' });
  });
});
