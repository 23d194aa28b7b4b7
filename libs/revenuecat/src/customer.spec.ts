import { customerKeyOf, preferredId, sidesOf } from './customer';
import { type JsonObject, type RevenueCatEvent } from './envelope';

const event = (fields: JsonObject, type = 'RENEWAL'): RevenueCatEvent => ({ id: 'e1', type, fields });

describe('whom an event names', () => {
  it.each<[string, JsonObject]>([
    ['default:original', { original_app_user_id: 'original', app_user_id: 'u', aliases: ['a'] }],
    ['default:u', { app_user_id: 'u', aliases: ['a'] }],
    ['default:t', { transferred_to: ['t'], transferred_from: ['f'] }],
    ['default:r', { redeemed_by: ['r'] }],
    ['default:a', { aliases: ['a'] }],
    ['default:e1', { app_user_id: 'guest' }],
  ])('has the key %s', (key, fields) => {
    expect(customerKeyOf('default', event(fields))).toBe(key);
  });

  it('is two customers for a transfer, and for a redemption that is one', () => {
    expect(sidesOf(event({ transferred_from: ['a'], transferred_to: 'b' }, 'TRANSFER'))).toEqual({
      from: ['a'],
      to: ['b'],
    });
    const redeemed = { redeemed_from: null, redeemed_by: ['b'], redemption_outcome: 'TRANSFER' };
    expect(sidesOf(event(redeemed, 'PURCHASE_REDEEMED'))).toEqual({ from: [], to: ['b'] });
    expect(sidesOf(event({ ...redeemed, redemption_outcome: 'alias' }, 'PURCHASE_REDEEMED'))).toBeUndefined();
    expect(sidesOf(event({ transferred_from: ['a'] }))).toBeUndefined();
  });

  it('is called by an id that the app chose, where there is one', () => {
    expect(preferredId(['$RCAnonymousID:1', 'user'])).toBe('user');
    expect(preferredId(['$RCAnonymousID:1', '$RCAnonymousID:2'])).toBe('$RCAnonymousID:1');
    expect(preferredId([])).toBeUndefined();
  });
});
