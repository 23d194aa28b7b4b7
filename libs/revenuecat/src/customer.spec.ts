import { customerIdsOf, customerKeyOf, numericIdsAsText, preferredId, sidesOf, withoutIds } from './customer';
import { type JsonObject, type RevenueCatEvent } from './envelope';

const event = (fields: JsonObject, type = 'RENEWAL'): RevenueCatEvent => ({ id: 'e1', type, fields });

describe('the customer of an event', () => {
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

  it('is two customers for a transfer, and for a redemption that is a transfer', () => {
    expect(sidesOf(event({ transferred_from: ['a'], transferred_to: 'b' }, 'TRANSFER'))).toEqual([
      { side: 'from', ids: ['a'] },
      { side: 'to', ids: ['b'] },
    ]);
    const redeemed = { redeemed_from: null, redeemed_by: ['b'], redemption_outcome: 'TRANSFER' };
    expect(sidesOf(event(redeemed, 'PURCHASE_REDEEMED'))).toEqual([{ side: 'to', ids: ['b'] }]);
    expect(sidesOf(event({ ...redeemed, redemption_outcome: 'alias' }, 'PURCHASE_REDEEMED'))).toBeUndefined();
    expect(sidesOf(event({ transferred_from: ['a'] }))).toBeUndefined();
  });

  it('is a side without ids if none of the ids identifies a customer', () => {
    const sides = { transferred_from: ['guest'], transferred_to: [] };
    expect(sidesOf(event(sides, 'TRANSFER'))).toEqual([{ side: 'from', ids: [] }]);
  });

  it('is not identified by ids that the project blocks, regardless of case', () => {
    const blocked = withoutIds(
      event({
        app_user_id: 'Kiosk',
        original_app_user_id: 42,
        aliases: ['KIOSK ', 'maya', 42],
        transferred_to: ['kiosk'],
      }),
      ['kiosk', '42'],
    );
    expect(customerIdsOf(blocked)).toEqual({ aliases: ['maya'] });
    expect(sidesOf({ ...blocked, type: 'TRANSFER' })).toEqual([{ side: 'to', ids: [] }]);
  });

  it('has numeric ids as text, and other fields as they are', () => {
    const long = '12345678901234567890';
    const fields = { app_user_id: 42, original_app_user_id: long, aliases: ['a', 42, null], transferred_to: ['b'], price: 1 }; // prettier-ignore
    expect(numericIdsAsText(fields)).toEqual({
      app_user_id: '42',
      original_app_user_id: long,
      aliases: ['a', '42', null],
    });
  });

  it('is named by an id that the app chose, if there is one', () => {
    expect(preferredId(['$RCAnonymousID:1', 'user'])).toBe('user');
    expect(preferredId(['$RCAnonymousID:1', '$RCAnonymousID:2'])).toBe('$RCAnonymousID:1');
    expect(preferredId([])).toBeUndefined();
  });
});
