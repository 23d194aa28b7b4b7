import { type Delivery, type Verdict } from '@app/delivery';
import { type Integration } from '@app/integrations';
import { type Envelope, parseEnvelope } from '@app/revenuecat';
import { classify, readSentEvent, type StatsigClient } from '@app/statsig';
import { BadRequestException } from '@nestjs/common';
import { type TestEventResult } from '../../api/integrations';
import { learnedOnly, mapKnown, sendingAll, withProfiles } from '../preview/known-event';

const testUser = 'revenuecat-statsig-test';

/**
 * Builds an event like RevenueCat's own test event: from a sandbox, and without a real customer. It has a price and percentages,
 * to show the revenue mode, and the attribute that contains the userID.
 */
function testEnvelope(eventId: string, nowMs: number, userIdAttribute: string | null): Envelope {
  const attributes =
    userIdAttribute === null
      ? []
      : [[userIdAttribute, { value: `${testUser}-attribute`, updated_at_ms: nowMs }]];
  const envelope = {
    api_version: '1.0',
    event: {
      id: eventId,
      type: 'TEST',
      event_timestamp_ms: nowMs,
      app_user_id: testUser,
      original_app_user_id: testUser,
      aliases: [testUser],
      subscriber_attributes: Object.fromEntries(attributes) as object,
      product_id: 'test_product',
      environment: 'SANDBOX',
      store: 'TEST_STORE',
      currency: 'USD',
      price: 9.99,
      price_in_purchased_currency: 9.99,
      commission_percentage: 0.15,
      tax_percentage: 0.05,
    },
  };
  const parsed = parseEnvelope(Buffer.from(JSON.stringify(envelope)));
  if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
  return parsed.envelope;
}

/**
 * Sends one event directly to Statsig, without Kafka and the ledger: as the mapper and the dispatcher would send a real one, except
 * that it is never filtered out because of what it is. Throws 400 if the settings leave it without a user.
 */
export async function sendTestEvent(
  integration: Integration,
  statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents'>,
  { eventId, nowMs }: { eventId: string; nowMs: () => number },
): Promise<TestEventResult> {
  const startedAtMs = nowMs();
  const { format, body } = await mapTestEvent(integration, eventId, startedAtMs);
  const secret = integration.sandboxServerSecret === undefined ? 'serverSecret' : 'sandboxServerSecret';
  const serverSecret = integration.sandboxServerSecret ?? integration.serverSecret;
  const response =
    format === 'revenuecat'
      ? await statsig.sendEnvelope(serverSecret, Buffer.from(body))
      : await statsig.sendEvents(serverSecret, [Buffer.from(body)]);
  const verdict = classify(response, nowMs());
  const status = response.kind === 'response' ? response.status : null;
  return {
    verdict: verdict.kind,
    secret,
    meaning: meaningOf(verdict, status, { format, secret }),
    whereToFind: verdict.kind === 'accepted' ? whereToFind(integration, body) : null,
    status,
    response: response.kind === 'response' ? response.body : response.message,
    latencyMs: Math.round(nowMs() - startedAtMs),
    sent: body,
  };
}

async function mapTestEvent(integration: Integration, eventId: string, nowMs: number): Promise<Delivery> {
  const { projectId: project, userIdAttribute } = integration;
  const envelope = testEnvelope(eventId, nowMs, userIdAttribute);
  const event = await withProfiles({ envelope, project, receivedAtMs: nowMs }, integration, learnedOnly);
  const mapped = mapKnown(event, sendingAll(integration));
  const [first] = mapped.kind === 'mapped' ? mapped.deliveries : [];
  if (first !== undefined) return first.delivery;
  const why = mapped.kind === 'mapped' ? '' : ` ${mapped.detail}`;
  throw new BadRequestException(`The test event cannot be sent with these settings.${why}`);
}

/**
 * Where the test event appears in Statsig. Its console shows events as they arrive under Metrics → Events
 * (https://docs.statsig.com/metrics/console); its connector ignores sandbox events by default
 * (https://docs.statsig.com/integrations/data-connectors/revenuecat).
 */
function whereToFind(
  { format, sandboxTier, sandboxServerSecret, includeSandbox }: Integration,
  sent: string,
): string {
  const { name, userId, value } = readSentEvent(format, sent);
  const project = sandboxServerSecret === undefined ? 'Statsig' : 'the Statsig project for sandbox events';
  const withValue = value === null ? '' : `, with the value ${value}`;
  const place = `In ${project}, open Metrics → Events, which shows events as they arrive, and look for "${String(name)}" of the user "${String(userId)}"${withValue}.`;
  const condition =
    format === 'log_event'
      ? `It has the environment tier "${sandboxTier}", like every sandbox event: include that tier if the page shows production only. It does not count in production metrics.`
      : `It is a sandbox event, which Statsig's RevenueCat connector ignores unless you enable sandbox events on Statsig's Integrations page. If production events do not appear there either, enable the connector on that page.`;
  const others = includeSandbox ? '' : ' With these settings, no other sandbox events are sent.';
  return `${place} ${condition}${others}`;
}

function meaningOf(
  verdict: Verdict,
  status: number | null,
  { format, secret }: { format: Integration['format']; secret: TestEventResult['secret'] },
): string {
  const isSandboxSecret = secret === 'sandboxServerSecret';
  switch (verdict.kind) {
    case 'accepted':
      return isSandboxSecret
        ? 'Statsig accepted the event, with the server secret for sandbox events. The other server secret was not used.'
        : 'Statsig accepted the event.';
    case 'retry':
      return `Statsig cannot accept events at the moment. ${verdict.detail}`;
    case 'reject':
      return `Statsig rejected this event. ${verdict.detail}`;
    case 'suspend':
      if (format === 'revenuecat' && (status === 404 || status === 410))
        return `Statsig has no RevenueCat connector at this address, which Statsig does not publish. Enable the RevenueCat integration on Statsig's Integrations page (Statsig Cloud only), check STATSIG_BASE_URL and STATSIG_WEBHOOK_PATH, or choose the format log_event, whose address Statsig documents. ${verdict.detail}`;
      return status === 401 || status === 403
        ? `Statsig rejects ${isSandboxSecret ? 'the server secret for sandbox events' : 'this server secret'}. Copy the server secret key again from Statsig → Settings → Keys & environments. ${verdict.detail}`
        : `Statsig, or a proxy in front of it, rejects every event. Check the settings STATSIG_BASE_URL, STATSIG_WEBHOOK_PATH and STATSIG_EVENTS_URL. ${verdict.detail}`;
  }
}
