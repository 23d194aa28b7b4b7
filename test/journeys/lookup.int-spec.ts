import { deliveriesTopic } from '@app/kafka';
import { until } from '@tools/stack';
import { ImitatedRevenueCat } from '../../libs/identity/test/imitated-revenuecat';
import { RunningPipeline, type StatsigEvent } from '../e2e/running-pipeline';

describe('a customer never seen before, of whom RevenueCat is asked', () => {
  let revenueCat: ImitatedRevenueCat;
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    revenueCat = await ImitatedRevenueCat.start();
    pipeline = await RunningPipeline.start({
      REVENUECAT_API_URL: revenueCat.url,
      REVENUECAT_API_KEY: revenueCat.apiKey,
      REVENUECAT_PROJECT_ID: 'proj1',
      REVENUECAT_LOOKUP_TIMEOUT_MS: '500',
    });
  });

  afterAll(async () => {
    await pipeline.stop();
    await revenueCat.stop();
  });

  async function tell(id: string, fields: object, events = 1): Promise<StatsigEvent[]> {
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

  it('comes with the ids and attributes that RevenueCat knows, and is asked about once', async () => {
    revenueCat.customers.set('giver', {
      aliases: ['giver', 'g2'],
      attributes: { plan: ['gold', 5], city: ['', 6] },
    });
    revenueCat.customers.set('taker', { aliases: ['taker'], attributes: {} });
    const [from] = await tell(
      'lookup-1',
      { type: 'TRANSFER', transferred_from: ['giver'], transferred_to: ['taker'] },
      2,
    );
    expect(from?.event).toMatchObject({
      app_user_id: 'giver',
      aliases: ['g2', 'giver'],
      subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 5 } },
    });
    const asked = revenueCat.requests.length;
    const [later] = await tell('lookup-2', { app_user_id: 'g2' });
    expect(later?.event).toMatchObject({ aliases: ['g2', 'giver'] });
    expect(revenueCat.requests).toHaveLength(asked);
  });

  it('goes on with what is known when RevenueCat does not answer in time, and the delivery says so', async () => {
    revenueCat.fault = () => undefined;
    const [seen] = await tell('lookup-3', { app_user_id: 'unanswered' });
    expect(seen?.event).toMatchObject({ app_user_id: 'unanswered' });
    const deliveries = deliveriesTopic(pipeline.topics.names, pipeline.projectId);
    const delivery = await pipeline.topics.find(deliveries, ({ value }) =>
      String(value).includes('"lookup-3"'),
    );
    expect(JSON.parse(String(delivery.value))).toMatchObject({ enrichment: 'lookup_unavailable' });
  });
});
