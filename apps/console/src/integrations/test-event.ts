import { type Verdict } from '@app/delivery';
import { attributesOf, customerIdsOf, type Envelope, parseEnvelope } from '@app/revenuecat';
import { chooseUserId, classify, logEvent, revenueCatBody, type StatsigClient } from '@app/statsig';
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
    meaning: meaningOf(verdict, status),
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

function meaningOf(verdict: Verdict, status: number | null): string {
  switch (verdict.kind) {
    case 'accepted':
      return 'Statsig accepted the event.';
    case 'retry':
      return `Statsig cannot accept events at the moment. ${verdict.detail}`;
    case 'reject':
      return `Statsig rejected this event. ${verdict.detail}`;
    case 'suspend':
      return status === 401 || status === 403
        ? `Statsig rejects this server secret. Copy the server secret key again from Statsig → Settings → Keys & environments. ${verdict.detail}`
        : `Statsig, or a proxy in front of it, rejects every event. Check the settings STATSIG_BASE_URL, STATSIG_WEBHOOK_PATH and STATSIG_EVENTS_URL. ${verdict.detail}`;
  }
}
