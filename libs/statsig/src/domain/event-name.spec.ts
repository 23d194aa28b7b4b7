import { type JsonObject } from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';

const nameOf = (type: string, naming: EventNaming, fields: JsonObject = {}): string =>
  eventName({ id: 'e1', type, fields }, naming);

it.each<[EventNaming, string, string]>([
  ['received', 'CANCELLATION', 'CANCELLATION'],
  ['rc', 'CANCELLATION', 'rc_cancellation_event'],
  ['rc', 'NON_RENEWING_PURCHASE', 'rc_non_subscription_purchase_event'],
  ['rc', 'REFUND_REVERSED', 'rc_refund_reversed_event'],
  ['lifecycle', 'TRANSFER', 'rc_transfer_event'],
  ['lifecycle', 'BRAND_NEW', 'rc_brand_new_event'],
  ['lifecycle', 'toString', 'rc_tostring_event'],
  [{ CANCELLATION: 'gone' }, 'CANCELLATION', 'gone'],
  [{ CANCELLATION: 'gone' }, 'RENEWAL', 'RENEWAL'],
  [{ preset: 'lifecycle', rename: 'x' }, 'rename', 'x'],
])('by %j, %s is named %s', (naming, type, name) => {
  expect(nameOf(type, naming)).toBe(name);
});

it('replaces names of a preset', () => {
  const naming = { preset: 'lifecycle', rename: { rc_trial_started_event: 'trial' } } as const;
  expect(nameOf('INITIAL_PURCHASE', naming, { period_type: 'TRIAL' })).toBe('trial');
  expect(nameOf('INITIAL_PURCHASE', naming, { period_type: 'NORMAL' })).toBe('rc_initial_purchase_event');
  expect(nameOf('RENEWAL', { preset: 'rc', rename: { rc_renewal_event: 'paid' } })).toBe('paid');
});
