import { type IntegrationInput, integrationSchema } from '@app/integrations';
import { parseEnvelope } from '@app/revenuecat';
import { settingsWithExamples, type SettingWithExamples } from '../../api/setting-examples';
import { candidatesFor } from './example-candidates';
import { examplesOf } from './examples-of';
import { learnedOnly, type PreviewedEvent } from './known-event';

const receivedAtMs = Date.UTC(2026, 10, 26, 9);

const anEvent = (fields: Record<string, unknown> = {}, project = 'shop'): PreviewedEvent => {
  const event = {
    id: 'e1',
    type: 'RENEWAL',
    event_timestamp_ms: receivedAtMs,
    app_user_id: 'mia',
    original_app_user_id: '$RCAnonymousID:1',
    environment: 'PRODUCTION',
    product_id: 'plus.monthly',
    store: 'APP_STORE',
    ...fields,
  };
  const parsed = parseEnvelope(Buffer.from(JSON.stringify({ api_version: '1.0', event })));
  if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
  return { envelope: parsed.envelope, project, receivedAtMs };
};

const purchase = { price: 9.99, commission_percentage: 0.15, tax_percentage: 0.05 };

async function examplesWith(events: readonly PreviewedEvent[], settings: Partial<IntegrationInput> = {}) {
  const draft = integrationSchema.parse({
    projectId: 'shop',
    serverSecret: 'not-needed',
    format: 'log_event',
    ...settings,
  });
  return examplesOf(draft, await candidatesFor(draft, events, learnedOnly));
}

async function exampleOf(
  setting: SettingWithExamples,
  events: readonly PreviewedEvent[],
  settings: Partial<IntegrationInput> = {},
) {
  return (await examplesWith(events, settings))[setting];
}

describe('the examples of settings', () => {
  it('are about the first event whose choices have different results', async () => {
    const events = [
      anEvent({ type: 'EXPIRATION' }),
      anEvent({ type: 'CANCELLATION', price: 0 }),
      anEvent(purchase),
    ];
    expect(await exampleOf('revenue', events)).toEqual({
      origin: 'project',
      type: 'RENEWAL',
      receivedAtMs,
      choices: {
        gross: { kind: 'delivery', value: 9.99, valueBasis: 'gross' },
        after_commission: { kind: 'delivery', value: 8.4915, valueBasis: 'after_commission' },
        after_commission_and_tax: { kind: 'delivery', value: 7.992, valueBasis: 'after_commission_and_tax' },
      },
    });
  });

  it('show that the value of an event without percentages is gross', async () => {
    expect((await exampleOf('revenue', [anEvent({ price: 9.99 })])).choices).toMatchObject({
      gross: { value: 9.99, valueBasis: 'gross' },
      after_commission: { value: 9.99, valueBasis: 'gross_percentages_missing' },
    });
  });

  it('prefer an event with more different results', async () => {
    const events = [
      anEvent(),
      anEvent({ type: 'CANCELLATION', cancel_reason: 'CUSTOMER_SUPPORT', price: -9.99 }),
    ];
    expect(await exampleOf('eventNames', events)).toMatchObject({
      type: 'CANCELLATION',
      choices: {
        received: { name: 'CANCELLATION' },
        rc: { name: 'rc_cancellation_event' },
        lifecycle: { name: 'rc_refund_event' },
        map: { name: 'CANCELLATION' },
      },
    });
  });

  it('prefer events that are sent with the settings', async () => {
    const events = [anEvent({ type: 'TEST', ...purchase }), anEvent(purchase)];
    expect(await exampleOf('revenue', events)).toMatchObject({ type: 'RENEWAL' });
    expect(await exampleOf('revenue', events, { eventTypes: ['TEST'] })).toMatchObject({ type: 'TEST' });
  });

  it('are samples, marked as such, if no event has arrived or if no event shows a difference', async () => {
    const ofNone = await examplesWith([]);
    expect(settingsWithExamples.map((setting) => ofNone[setting].origin)).toEqual(
      settingsWithExamples.map(() => 'sample'),
    );
    expect(await exampleOf('revenue', [anEvent()])).toMatchObject({
      origin: 'sample',
      choices: { gross: { value: 39.99 }, after_commission: { value: 33.9915 } },
    });
  });

  it('are about events of other projects if those are all there are', async () => {
    expect(await exampleOf('revenue', [anEvent(purchase, 'kiosk')])).toMatchObject({
      origin: 'other_project',
    });
  });

  it('show which userID each rule chooses', async () => {
    const events = [
      anEvent({ app_user_id: 'mia', original_app_user_id: 'mia' }),
      anEvent({ app_user_id: '$RCAnonymousID:2', original_app_user_id: 'mia-before' }),
    ];
    expect((await exampleOf('identity', events)).choices).toEqual({
      app_user_id: { kind: 'delivery', userId: '$RCAnonymousID:2' },
      best_known: { kind: 'delivery', userId: 'mia-before' },
      original_app_user_id: { kind: 'delivery', userId: 'mia-before' },
    });
  });

  it('show the userID from an attribute', async () => {
    const attributes = {
      subscriber_attributes: { statsig_id: { value: 'u-1', updated_at_ms: receivedAtMs } },
    };
    const settings = { userIdAttribute: 'statsig_id' };
    expect((await exampleOf('userIdAttribute', [anEvent(), anEvent(attributes)], settings)).choices).toEqual({
      none: { kind: 'delivery', userId: 'mia' },
      set: { kind: 'delivery', userId: 'u-1' },
    });
  });

  it('show what happens to an anonymous customer', async () => {
    const { choices } = await exampleOf('anonymousCustomers', [
      anEvent(),
      anEvent({ app_user_id: '$RCAnonymousID:1' }),
    ]);
    expect(choices).toMatchObject({
      send: { userId: '$RCAnonymousID:1' },
      skip: { kind: 'filtered', reason: 'anonymous_customer' },
      custom_id_only: { userId: null, customIds: { revenuecatOriginalAppUserId: '$RCAnonymousID:1' } },
    });
  });

  it('show the properties that are known of the user, and no attributes', async () => {
    const { choices } = await exampleOf('userProperties', [
      anEvent({
        expiration_at_ms: receivedAtMs + 86_400_000,
        purchased_at_ms: receivedAtMs,
        period_type: 'NORMAL',
        entitlement_ids: ['plus'],
        subscriber_attributes: { plan: { value: 'gold', updated_at_ms: receivedAtMs } },
      }),
    ]);
    expect(choices).toMatchObject({
      status: { properties: { rc_subscription_status: 'active' } },
      entitlements: { properties: { rc_active_entitlements: ['plus'] } },
      store: { properties: { rc_store: 'APP_STORE' } },
      experiments: { properties: {} },
    });
    expect(JSON.stringify(choices)).not.toContain('gold');
  });

  it('name the filter that filters an event out', async () => {
    const events = [anEvent({ product_id: 'pro.yearly' }), anEvent()];
    const settings = { filters: { products: { exclude: ['plus.*'] } } };
    expect((await exampleOf('filters', events, settings)).choices).toMatchObject({
      none: { kind: 'delivery' },
      set: { kind: 'filtered', reason: 'filtered_by_rule', rule: 'products.exclude "plus.*"' },
    });
    const { origin, choices } = await exampleOf('filters', events);
    expect([origin, choices['set']]).toEqual(['project', { kind: 'delivery', name: 'RENEWAL' }]);
  });

  it('show the tier of a sandbox event', async () => {
    const settings = { sandboxTier: 'staging' };
    expect(
      (await exampleOf('includeSandbox', [anEvent(), anEvent({ environment: 'SANDBOX' })], settings)).choices,
    ).toMatchObject({
      off: { kind: 'filtered', reason: 'sandbox_excluded' },
      on: { kind: 'delivery', tier: 'staging' },
    });
  });

  it('keep replaced names with another preset', async () => {
    const eventNames = { preset: 'rc' as const, rename: { rc_renewal_event: 'renewed' } };
    expect((await exampleOf('eventNames', [anEvent()], { eventNames })).choices).toMatchObject({
      received: { name: 'RENEWAL' },
      rc: { name: 'renewed' },
      lifecycle: { name: 'renewed' },
    });
  });

  it('are not about transfers, which concern two customers', async () => {
    const transfer = { type: 'TRANSFER', transferred_from: ['a'], transferred_to: ['b'], ...purchase };
    expect(await exampleOf('revenue', [anEvent(transfer)])).toMatchObject({ origin: 'sample' });
  });
});
