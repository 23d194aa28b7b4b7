import { anonymousIdOf, userIdOf } from './user-id';

const customer = {
  appUserId: '$RCAnonymousID:2',
  originalAppUserId: '$RCAnonymousID:1',
  aliases: ['zoe', 'anna', '$RCAnonymousID:3'],
};

describe("Statsig's userID", () => {
  it.each([
    ['app_user_id', '$RCAnonymousID:2'],
    ['original_app_user_id', '$RCAnonymousID:1'],
    ['best_known', 'anna'],
  ] as const)('is by the rule %s', (rule, id) => {
    expect(userIdOf(customer, rule)).toBe(id);
  });

  it('is the received id by the rule best_known if the app chose it', () => {
    expect(userIdOf({ ...customer, appUserId: 'zoe' }, 'best_known')).toBe('zoe');
  });

  it.each(['app_user_id', 'original_app_user_id', 'best_known'] as const)(
    'is any known id if the rule %s finds none',
    (rule) => {
      expect(userIdOf({ aliases: ['$RCAnonymousID:3', 'zoe'] }, rule)).toBe('zoe');
      expect(userIdOf({ aliases: [] }, rule)).toBeUndefined();
    },
  );

  it('is accompanied by an anonymous id, if there is one', () => {
    expect(anonymousIdOf(customer)).toBe('$RCAnonymousID:1');
    expect(anonymousIdOf({ appUserId: 'u', aliases: [] })).toBeUndefined();
  });
});
