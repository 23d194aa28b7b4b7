import { attributesOf, type Envelope, parseEnvelope } from '@app/revenuecat';
import { classify, logEvent, revenueCatBody, type StatsigClient, type Verdict } from '@app/statsig';
import { type TestEventInput } from './integration-input';
import { type TestEventResult } from './test-event-view';

/** Like RevenueCat's own test event: of a sandbox, and of nobody. */
export function testEnvelope(eventId: string, nowMs: number): Envelope {
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

/** Sends one event straight to Statsig, past Kafka and the ledger. */
export async function sendTestEvent(
  input: TestEventInput & { serverSecret: string },
  statsig: Pick<StatsigClient, 'sendEnvelope' | 'sendEvents'>,
  { eventId, nowMs }: { eventId: string; nowMs: () => number },
): Promise<TestEventResult> {
  const startedAtMs = nowMs();
  const sent = bodyOf(input, testEnvelope(eventId, startedAtMs), startedAtMs);
  const answer =
    input.format === 'revenuecat'
      ? await statsig.sendEnvelope(input.serverSecret, Buffer.from(sent))
      : await statsig.sendEvents(input.serverSecret, [Buffer.from(sent)], startedAtMs);
  const verdict = classify(answer, nowMs());
  return {
    verdict: verdict.kind,
    meaning: meaningOf(verdict),
    status: answer.kind === 'response' ? answer.status : null,
    answer: answer.kind === 'response' ? answer.body : answer.message,
    latencyMs: Math.round(nowMs() - startedAtMs),
    sent,
  };
}

function bodyOf(input: TestEventInput, envelope: Envelope, nowMs: number): string {
  const { eventNames: naming, identity, customIds, sandboxTier } = input;
  if (input.format === 'revenuecat') return revenueCatBody(envelope, {}, { naming, identity });
  const { event } = envelope;
  const result = logEvent(event, attributesOf(event), nowMs, { naming, identity, customIds, sandboxTier });
  if (result.kind !== 'event') throw new Error(result.detail);
  return result.body;
}

function meaningOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'accepted':
      return 'Statsig took the event.';
    case 'retry':
      return `Statsig cannot take events at the moment. ${verdict.detail}`;
    case 'reject':
      return `Statsig takes the secret, but not this event. ${verdict.detail}`;
    case 'suspend':
      return `Statsig refuses this secret. Copy the server secret key again from Statsig → Settings → Keys & environments. ${verdict.detail}`;
  }
}
