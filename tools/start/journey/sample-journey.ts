import { randomUUID } from 'node:crypto';
import { fixture } from './fixture';

/** An event to send, and what shall become of it. */
export interface JourneyEvent {
  id: string;
  type: string;
  /** For the table. */
  customer: string;
  via: 'webhook' | 'topic';
  /** Id by which its records are kept in order. */
  keyId: string;
  body: string;
  expect: { outcome: 'delivered'; deliveries: number } | { outcome: 'filtered' };
}

interface Step {
  fixture: string;
  customer: string;
  fields: Record<string, unknown>;
  via?: 'topic';
  expect?: JourneyEvent['expect'];
}

/**
 * A customer's story, told by RevenueCat's events: a trial as an anonymous customer, a login, a paid year with its
 * troubles, a move to another account; and one event of somebody else, produced straight to the topic.
 * Fresh ids and times each time, so that it can be sent again and again.
 */
export async function sampleJourney(nowMs: number): Promise<JourneyEvent[]> {
  const run = randomUUID().slice(0, 8);
  const anonymous = `$RCAnonymousID:${randomUUID().replaceAll('-', '')}`;
  const mia = `mia-${run}`;
  const family = `family-${run}`;
  const kenji = `kenji-${run}`;
  const loggedIn = { app_user_id: mia, original_app_user_id: anonymous, aliases: [anonymous, mia] };
  const attribute = (value: string) => ({ value, updated_at_ms: nowMs });

  const steps: Step[] = [
    {
      fixture: 'initial-purchase-trial',
      customer: 'anonymous',
      fields: {
        app_user_id: anonymous,
        original_app_user_id: anonymous,
        aliases: [anonymous],
        subscriber_attributes: { reading_goal: attribute('two books a month') },
      },
    },
    {
      // Not among the types that RevenueCat sends to Statsig, but it tells who the anonymous customer is.
      fixture: 'subscriber-alias',
      customer: mia,
      fields: { ...loggedIn, subscriber_attributes: { $email: attribute(`${mia}@mail.example`) } },
      expect: { outcome: 'filtered' },
    },
    {
      fixture: 'renewal',
      customer: mia,
      fields: { ...loggedIn, aliases: [mia], is_trial_conversion: true, subscriber_attributes: {} },
    },
    { fixture: 'product-change', customer: mia, fields: loggedIn },
    { fixture: 'cancellation-unsubscribed', customer: mia, fields: loggedIn },
    { fixture: 'uncancellation', customer: mia, fields: loggedIn },
    { fixture: 'billing-issue-grace-period', customer: mia, fields: loggedIn },
    {
      fixture: 'non-renewing-purchase',
      customer: kenji,
      fields: { app_user_id: kenji, original_app_user_id: kenji, aliases: [kenji] },
      via: 'topic',
    },
    {
      fixture: 'transfer-far-future',
      customer: `${mia} → ${family}`,
      fields: { transferred_from: [mia, anonymous], transferred_to: [family] },
      expect: { outcome: 'delivered', deliveries: 2 },
    },
    { fixture: 'cancellation-refund', customer: mia, fields: loggedIn },
    { fixture: 'expiration', customer: mia, fields: loggedIn },
  ];
  return Promise.all(steps.map((step, index) => eventOf(step, nowMs + index)));
}

async function eventOf(step: Step, atMs: number): Promise<JourneyEvent> {
  const envelope = await fixture(step.fixture);
  const id = randomUUID().toUpperCase();
  const fields = { environment: 'SANDBOX', ...step.fields, id, event_timestamp_ms: atMs };
  return {
    id,
    type: envelope.event.type,
    customer: step.customer,
    via: step.via ?? 'webhook',
    keyId: typeof step.fields['original_app_user_id'] === 'string' ? step.fields['original_app_user_id'] : id,
    body: JSON.stringify({ ...envelope, event: { ...envelope.event, ...fields } }),
    expect: step.expect ?? { outcome: 'delivered', deliveries: 1 },
  };
}
