import { type Verdict } from '@app/delivery';
import { attributesOf, customerIdsOf, type Envelope, parseEnvelope } from '@app/revenuecat';
import {
  chooseUserId,
  classify,
  logEvent,
  readSentEvent,
  revenueCatBody,
  type StatsigClient,
} from '@app/statsig';
import { type TestEventResult } from '../../api/integrations';
import { type TestEventInput } from './integration-input';

/** Builds an event like RevenueCat's own test event: from a sandbox, and without a real customer. */
function testEnvelope(eventId: string, nowMs: number): Envelope {
  const envelope = {
    api_version: '1.0',
    event: {
      id: eventId,
      type: 'TEST',
      event_timestamp_ms: nowMs,
      app_user_id: 'revenuecat-statsig-test',
      original_app_user_id: 'revenuecat-statsig-test',
      aliases: ['revenuecat-statsig-test'],
      product_id: 'test_product',
      environment: 'SANDBOX',
      store: 'TEST_STORE',
    },
  };
  const parsed = parseEnvelope(Buffer.from(JSON.stringify(envelope)));
  if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
  return parsed.envelope;
}

/** Sends one event directly to Statsig, without Kafka and the ledger. */
export async function sendTestEvent(
  input: TestEventInput & { serverSecret: string },
  statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents'>,
  { eventId, nowMs }: { eventId: string; nowMs: () => number },
): Promise<TestEventResult> {
  const startedAtMs = nowMs();
  const sent = bodyOf(input, testEnvelope(eventId, startedAtMs), startedAtMs);
  const response =
    input.format === 'revenuecat'
      ? await statsig.sendEnvelope(input.serverSecret, Buffer.from(sent))
      : await statsig.sendEvents(input.serverSecret, [Buffer.from(sent)]);
  const verdict = classify(response, nowMs());
  const status = response.kind === 'response' ? response.status : null;
  return {
    verdict: verdict.kind,
    meaning: meaningOf(verdict, status, input.format),
    whereToFind: verdict.kind === 'accepted' ? whereToFind(input, sent) : null,
    status,
    response: response.kind === 'response' ? response.body : response.message,
    latencyMs: Math.round(nowMs() - startedAtMs),
    sent,
  };
}

function bodyOf(input: TestEventInput, envelope: Envelope, nowMs: number): string {
  const { eventNames: naming, identity, customIds, sandboxTier } = input;
  const { event } = envelope;
  const attributes = attributesOf(event);
  const byId = { identity, userIdAttribute: null, blockedIds: [] };
  const { userId } = chooseUserId(customerIdsOf(event), attributes, byId);
  if (input.format === 'revenuecat') return revenueCatBody(envelope, {}, { naming, userId });
  const options = { naming, revenue: 'gross', userId, customIds, sandboxTier } as const;
  const result = logEvent(event, attributes, nowMs, options);
  if (result.kind !== 'event') throw new Error(result.detail);
  return result.body;
}

/**
 * Where the test event appears in Statsig. Its console shows events as they arrive under Metrics → Events
 * (https://docs.statsig.com/metrics/console); its connector ignores sandbox events by default
 * (https://docs.statsig.com/integrations/data-connectors/revenuecat).
 */
function whereToFind({ format, sandboxTier }: TestEventInput, sent: string): string {
  const { name, userId } = readSentEvent(format, sent);
  const place = `In Statsig, open Metrics → Events, which shows events as they arrive, and look for "${String(name)}" of the user "${String(userId)}".`;
  return format === 'log_event'
    ? `${place} It has the environment tier "${sandboxTier}", like every sandbox event: include that tier if the page shows production only. It does not count in production metrics.`
    : `${place} It is a sandbox event, which Statsig's RevenueCat connector ignores unless you enable sandbox events on Statsig's Integrations page. If production events do not appear there either, enable the connector on that page.`;
}

function meaningOf(verdict: Verdict, status: number | null, format: TestEventInput['format']): string {
  switch (verdict.kind) {
    case 'accepted':
      return 'Statsig accepted the event.';
    case 'retry':
      return `Statsig cannot accept events at the moment. ${verdict.detail}`;
    case 'reject':
      return `Statsig rejected this event. ${verdict.detail}`;
    case 'suspend':
      if (format === 'revenuecat' && (status === 404 || status === 410))
        return `Statsig has no RevenueCat connector at this address, which Statsig does not publish. Enable the RevenueCat integration on Statsig's Integrations page (Statsig Cloud only), check STATSIG_BASE_URL and STATSIG_WEBHOOK_PATH, or choose the format log_event, whose address Statsig documents. ${verdict.detail}`;
      return status === 401 || status === 403
        ? `Statsig rejects this server secret. Copy the server secret key again from Statsig → Settings → Keys & environments. ${verdict.detail}`
        : `Statsig, or a proxy in front of it, rejects every event. Check the settings STATSIG_BASE_URL, STATSIG_WEBHOOK_PATH and STATSIG_EVENTS_URL. ${verdict.detail}`;
  }
}
