import { type IntegrationInput, integrationSchema } from './integration';
import { savedIntegrationSchema } from './saved-integration';

const input = (settings: Partial<IntegrationInput>): IntegrationInput => ({
  projectId: 'shop',
  serverSecret: 'secret-k1',
  format: 'log_event',
  ...settings,
});

const issuesOf = (settings: Partial<IntegrationInput>): string[] =>
  savedIntegrationSchema
    .safeParse(input(settings))
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

const salt = 'sixteen-letters!';

describe('the settings of an integration that is saved', () => {
  it.each<[string, Partial<IntegrationInput>]>([
    ['of a sensitive attribute', { userIdAttribute: '$idfa' }],
    ['of a listed attribute', { userIdAttribute: 'id', privacy: { attributes: { id: 'drop' } } }],
    ['of any other attribute', { userIdAttribute: 'id', privacy: { otherAttributes: 'drop' } }],
    ['in the format revenuecat', { userIdAttribute: '$idfa', format: 'revenuecat' }],
  ])('must not have a dropped attribute as the userID: %s', (_what, settings) => {
    expect(issuesOf(settings)).toEqual([
      expect.stringMatching(
        /^userIdAttribute: The privacy settings drop the attribute ".*", so it cannot be the userID\. Keep or hash it there/,
      ),
    ]);
  });

  it('must not have a dropped attribute as a custom id', () => {
    const customIds = { device: '$idfa', account: 'account', transaction: 'original_transaction_id' };
    expect(issuesOf({ customIds })).toEqual([expect.stringMatching(/^customIds\.device: .*"device"/)]);
    expect(issuesOf({ customIds, format: 'revenuecat' })).toEqual([]);
  });

  it.each<[string, Partial<IntegrationInput>]>([
    ['none', {}],
    ['one that is kept', { userIdAttribute: 'id' }],
    ['one that is hashed', { userIdAttribute: 'id', privacy: { attributes: { id: 'hash' }, salt } }],
    [
      'a sensitive one that is kept',
      { userIdAttribute: '$idfa', privacy: { attributes: { $idfa: 'keep' } } },
    ],
    [
      "RevenueCat's own ids, whatever is dropped",
      { customIds: { a: 'app_user_id' }, privacy: { otherAttributes: 'drop' } },
    ],
  ])('may have as an id of the user: %s', (_what, settings) => {
    expect(issuesOf(settings)).toEqual([]);
  });

  it('do not make stored settings invalid', () => {
    expect(integrationSchema.safeParse(input({ userIdAttribute: '$idfa' })).success).toBe(true);
  });
});
