import { type Attribute } from '@app/revenuecat';
import { anonymousIdOf, chooseUserId, type UserIdOptions } from './user-id';

const customer = {
  appUserId: '$RCAnonymousID:2',
  originalAppUserId: '$RCAnonymousID:1',
  aliases: ['zoe', 'anna', '$RCAnonymousID:3'],
};

const byId: UserIdOptions = { identity: 'app_user_id', userIdAttribute: null, blockedIds: [] };
const noAttributes = new Map<string, Attribute>();

describe("Statsig's userID", () => {
  it.each([
    ['app_user_id', '$RCAnonymousID:2'],
    ['original_app_user_id', '$RCAnonymousID:1'],
    ['best_known', 'anna'],
  ] as const)('is by the rule %s', (identity, userId) => {
    expect(chooseUserId(customer, noAttributes, { ...byId, identity })).toEqual({ userId, rule: identity });
  });

  it.each(['app_user_id', 'original_app_user_id', 'best_known'] as const)(
    'is the best known id if the rule %s finds none',
    (identity) => {
      const of = (aliases: string[]) => chooseUserId({ aliases }, noAttributes, { ...byId, identity });
      expect(of(['$RCAnonymousID:3', 'zoe'])).toEqual({ userId: 'zoe', rule: 'best_known' });
      expect(of([])).toEqual({ rule: 'best_known' });
    },
  );

  it('is the received id by the rule best_known if the app chose it', () => {
    const options = { ...byId, identity: 'best_known' } as const;
    expect(chooseUserId({ ...customer, appUserId: 'zoe' }, noAttributes, options).userId).toBe('zoe');
  });

  it('is the value of the attribute, also one with a slash', () => {
    for (const value of ['statsig-7', 'auth/7']) {
      const attributes = new Map([['statsigId', { value, updatedAtMs: 1 }]]);
      const chosen = chooseUserId(customer, attributes, { ...byId, userIdAttribute: 'statsigId' });
      expect(chosen).toEqual({ userId: value, rule: 'attribute' });
    }
  });

  it.each([
    ['absent', undefined],
    ['cleared', ''],
    ['blank', '  '],
    ['a placeholder', 'undefined'],
    ['blocked', 'KIOSK'],
    ['too long', 'x'.repeat(129)],
    ['not well-formed', 'a\ufffd'],
  ])('follows the other rule if the attribute is %s', (_what, value) => {
    const attributes = new Map(value === undefined ? [] : [['statsigId', { value, updatedAtMs: 1 }]]);
    const options = { ...byId, userIdAttribute: 'statsigId', blockedIds: ['kiosk'] };
    expect(chooseUserId(customer, attributes, options)).toEqual({
      userId: '$RCAnonymousID:2',
      rule: 'app_user_id',
    });
  });

  it('is accompanied by an anonymous id, if there is one', () => {
    expect(anonymousIdOf(customer)).toBe('$RCAnonymousID:1');
    expect(anonymousIdOf({ appUserId: 'u', aliases: [] })).toBeUndefined();
  });
});
