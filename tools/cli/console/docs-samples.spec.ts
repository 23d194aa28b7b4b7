import { type IntegrationInput, integrationSchema } from '@app/integrations';
import { parseEnvelope } from '@app/revenuecat';
import { StatsigClient } from '@app/statsig';
import { sendTestEvent } from '../../../apps/console/src/integrations/test-event';
import { learnedOnly } from '../../../apps/console/src/preview/known-event';
import { previewEvent } from '../../../apps/console/src/preview/preview-event';
import { docsSample } from '../test/docs-sample';
import { previewText } from './preview/preview-text';
import { testEventText } from './test-event-text';

const nowMs = Date.UTC(2026, 0, 31, 12);

const integrationWith = (settings: Partial<IntegrationInput>) =>
  integrationSchema.parse({ projectId: 'shop', serverSecret: 'secret', ...settings });

describe('the samples in the docs', () => {
  const statsig = new StatsigClient({
    ...{ webhookUrl: 'https://api.statsig.com', webhookPath: '/v1/webhooks/revenuecat' },
    ...{
      eventsUrl: 'https://events.statsigapi.net',
      timeoutMs: 1_000,
      connectTimeoutMs: 1_000,
      connections: 1,
    },
  });

  afterAll(() => statsig.close());

  it('show what a preview prints', async () => {
    const event = {
      id: '4E0FF44B',
      type: 'RENEWAL',
      event_timestamp_ms: nowMs,
      app_user_id: 'maya',
      environment: 'PRODUCTION',
      store: 'APP_STORE',
      product_id: 'plus.monthly',
      price: 9.99,
      commission_percentage: 0.15,
      subscriber_attributes: {
        $ip: { value: '203.0.113.7', updated_at_ms: nowMs },
        plan: { value: 'gold', updated_at_ms: nowMs },
      },
    };
    const parsed = parseEnvelope(Buffer.from(JSON.stringify({ api_version: '1.0', event })));
    if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
    const preview = await previewEvent(
      { envelope: parsed.envelope, project: 'shop', receivedAtMs: nowMs },
      {
        draft: integrationWith({ format: 'log_event', eventNames: 'rc', revenue: 'after_commission' }),
        saved: integrationWith({ eventTypes: ['INITIAL_PURCHASE'] }),
      },
      {
        findProfiles: async (...of) => ({ ...(await learnedOnly(...of)), isKnown: () => true }),
        ...{ statsig, nowMs },
      },
    );
    const { shown, printed } = docsSample(
      'cli.md',
      'integrations preview shop --event purchase.json --settings integrations.yaml',
      previewText(preview, 'integrations.yaml'),
    );
    expect(shown).toEqual(printed);
  });

  it('show what a test event prints', async () => {
    let times = 0;
    const result = await sendTestEvent(
      integrationWith({ format: 'log_event', eventNames: 'rc' }),
      {
        sendEvents: () =>
          Promise.resolve({ kind: 'response', status: 202, body: '{"success":true}', isBodyComplete: true }),
        sendEnvelope: () => Promise.reject(new Error('not of this format')),
      },
      // 51 ms pass from the first call to the last.
      { eventId: 'test-1', nowMs: () => nowMs + (times++ === 0 ? 0 : 51) },
    );
    const { shown, printed } = docsSample('cli.md', 'integrations test shop', testEventText(result));
    expect(shown).toEqual(printed);
  });
});
