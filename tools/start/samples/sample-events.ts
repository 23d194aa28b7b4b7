import { randomUUID } from 'node:crypto';
import { fixture } from './fixture';

/** An event to send, with its expected outcome. */
export interface SampleEvent {
  id: string;
  type: string;
  /** Shown in the results table. */
  customer: string;
  via: 'webhook' | 'topic';
  /** Customer id in the record key, which determines the order. */
  keyId: string;
  body: string;
  expect: { outcome: 'delivered'; deliveries: number } | { outcome: 'filtered' };
}

interface Step {
  fixture: string;
  customer: string;
  fields: Record<string, unknown>;
  via?: 'topic';
  expect?: SampleEvent['expect'];
}

/**
 * Returns the events of a sample customer: a trial as an anonymous customer, a login, a renewal, a billing issue, and a
 * transfer to another account; plus one event of another customer, produced directly to the topic.
 * Ids and times are new on each call, so that the events can be sent repeatedly.
 */
export async function sampleEvents(nowMs: number): Promise<SampleEvent[]> {
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
      // RevenueCat's Statsig integration does not send this type, but it identifies the anonymous customer.
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
  return Promise.all(steps.map((step, index) => buildEvent(step, nowMs + index)));
}

async function buildEvent(step: Step, atMs: number): Promise<SampleEvent> {
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
