import { type Envelope, parseEnvelope } from '@app/revenuecat';
import { type PreviewedEvent } from './known-event';

/** The conversion of a trial, by a customer who has signed in. */
const trialConversion = {
  event_timestamp_ms: 1767532373000,
  product_id: 'lantern_plus:yearly',
  period_type: 'NORMAL',
  purchased_at_ms: 1767532313664,
  expiration_at_ms: 1799068313664,
  environment: 'PRODUCTION',
  entitlement_id: null,
  entitlement_ids: ['plus'],
  presented_offering_id: 'spring_shelf',
  transaction_id: 'GPA.3311-6375-6910-48125..0',
  original_transaction_id: 'GPA.3311-6375-6910-48125',
  is_family_share: false,
  country_code: 'JP',
  app_user_id: 'kenji-o',
  aliases: ['$RCAnonymousID:3047c5d5ed2d3fa99e385b60ea3d8141'],
  original_app_user_id: '$RCAnonymousID:968e692386830ba487d75aef106287c6',
  currency: 'JPY',
  price: 39.99,
  price_in_purchased_currency: 5980,
  subscriber_attributes: {
    $email: {
      updated_at_ms: 1771495295504,
      value: 'kenji-o@mail.example',
    },
  },
  store: 'PLAY_STORE',
  takehome_percentage: 0.85,
  tax_percentage: 0.0909,
  commission_percentage: 0.15,
  offer_code: null,
  type: 'RENEWAL',
  id: '0B5E7C1D-42AE-4B0C-9E55-6A1F0C7D2E94',
  app_id: 'app6fe4d7b772',
  experiments: [
    {
      experiment_id: 'prexpdd7a946de8',
      experiment_variant: 'a',
      enrolled_at_ms: 1766488982000,
    },
  ],
  is_trial_conversion: true,
  renewal_number: 1,
};

/** RevenueCat's test event: from a sandbox, of an anonymous customer. */
const testEvent = {
  app_id: 'app9c768380bf',
  environment: 'SANDBOX',
  entitlement_id: null,
  entitlement_ids: null,
  is_family_share: false,
  country_code: 'FR',
  currency: 'EUR',
  price: 0,
  price_in_purchased_currency: 0,
  subscriber_attributes: {},
  store: 'TEST_STORE',
  takehome_percentage: 1,
  tax_percentage: 0,
  commission_percentage: 0,
  offer_code: null,
  product_id: 'com.lantern.plus.monthly',
  period_type: 'NORMAL',
  id: '9F86D081-884C-4D65-AA2F-EAA0C55AD015',
  type: 'TEST',
  event_timestamp_ms: 1767318675000,
  app_user_id: '$RCAnonymousID:afe0d751875c0f057baa894860bb3896',
  original_app_user_id: '$RCAnonymousID:afe0d751875c0f057baa894860bb3896',
  aliases: ['$RCAnonymousID:afe0d751875c0f057baa894860bb3896'],
  purchased_at_ms: 1767318675000,
  expiration_at_ms: 1769910695373,
  presented_offering_id: null,
  transaction_id: '300914592658096',
  original_transaction_id: '300013868037156',
};

/** Invented events, for examples of settings as long as no real event has arrived. */
export const sampleEvents: readonly PreviewedEvent[] = [trialConversion, testEvent].map((event) => ({
  envelope: envelopeOf(event),
  project: 'sample',
  receivedAtMs: event.event_timestamp_ms,
}));

function envelopeOf(event: object): Envelope {
  const parsed = parseEnvelope(Buffer.from(JSON.stringify({ api_version: '1.0', event })));
  if (parsed.kind === 'unreadable') throw new Error(parsed.detail);
  return parsed.envelope;
}
