import { ConfigError, readConfig } from '@app/platform';
import { z } from 'zod';
import { filtersSchema } from './domain/filters';
import { integrationConfig, integrationFromEnvironment } from './integration-config';

const fromEnvironment = (env: NodeJS.ProcessEnv) =>
  integrationFromEnvironment(readConfig(z.object(integrationConfig), env));

const everySetting: Record<string, string> = {
  PROJECT_ID: 'shop',
  STATSIG_SERVER_SECRET: ' secret-1 ',
  STATSIG_FORMAT: 'log_event',
  STATSIG_EVENT_NAMES: '{"RENEWAL": "renewed"}',
  STATSIG_EVENT_TYPES: 'RENEWAL, PAYWALL_*',
  STATSIG_INCLUDE_SANDBOX: 'yes',
  STATSIG_SANDBOX_SERVER_SECRET: 'secret-s1',
  STATSIG_SANDBOX_TIER: 'staging',
  STATSIG_REVENUE: 'after_commission',
  STATSIG_IDENTITY: 'best_known',
  STATSIG_USER_ID_ATTRIBUTE: 'statsig_user_id',
  STATSIG_ANONYMOUS_CUSTOMERS: 'skip',
  STATSIG_BLOCKED_IDS: 'kiosk, demo-user',
  STATSIG_FILTERS: '{"countries": {"include": ["us"]}}',
  STATSIG_CUSTOM_IDS: '{"anonID": "anonymous_id"}',
  STATSIG_ATTRIBUTES: '{"$ip": "keep"}',
  STATSIG_OTHER_ATTRIBUTES: 'hash',
  STATSIG_ATTRIBUTES_SALT: 'a salt of 16 chars',
  REVENUECAT_API_KEY: 'sk_1',
  REVENUECAT_PROJECT_ID: 'proj1',
  REVENUECAT_LOOK_UP_CUSTOMERS: 'false',
  STATSIG_MAX_REQUESTS_PER_SECOND: '50',
  STATSIG_USER_PROPERTIES: 'status, product',
  STATSIG_SENSITIVE_ATTRIBUTES: 'keep',
};

describe('the integration from the environment', () => {
  it('is undefined without a server secret', () => {
    expect(fromEnvironment({})).toBeUndefined();
  });

  it('needs nothing else', () => {
    expect(fromEnvironment({ STATSIG_SERVER_SECRET: 'secret-1' })).toEqual({
      projectId: 'default',
      enabled: true,
      serverSecret: 'secret-1',
      format: 'revenuecat',
      eventNames: 'received',
      revenue: 'gross',
      eventTypes: expect.arrayContaining(['INITIAL_PURCHASE', 'TRANSFER']) as unknown,
      filters: filtersSchema.parse({}),
      includeSandbox: false,
      sandboxTier: 'development',
      identity: 'app_user_id',
      userIdAttribute: null,
      anonymousCustomers: 'send',
      blockedIds: [],
      customIds: { revenuecatOriginalAppUserId: 'original_app_user_id' },
      userProperties: [],
      privacy: { attributes: {}, sensitiveAttributes: 'drop', otherAttributes: 'keep' },
      partitions: 12,
    });
  });

  it('has as many partitions as the topics of the app', () => {
    const config = readConfig(z.object(integrationConfig), { STATSIG_SERVER_SECRET: 'secret-1' });
    expect(integrationFromEnvironment({ ...config, TOPIC_PARTITIONS: 24 })?.partitions).toBe(24);
  });

  it('has every setting', () => {
    expect(fromEnvironment(everySetting)).toMatchObject({
      projectId: 'shop',
      revenue: 'after_commission',
      userIdAttribute: 'statsig_user_id',
      anonymousCustomers: 'skip',
      serverSecret: 'secret-1',
      eventNames: { RENEWAL: 'renewed' },
      eventTypes: ['RENEWAL', 'PAYWALL_*'],
      includeSandbox: true,
      sandboxServerSecret: 'secret-s1',
      blockedIds: ['kiosk', 'demo-user'],
      filters: { countries: { include: ['US'], exclude: [] }, prices: {} },
      customIds: { anonID: 'anonymous_id' },
      privacy: { attributes: { $ip: 'keep' }, otherAttributes: 'hash' },
      lookup: { apiKey: 'sk_1', revenueCatProjectId: 'proj1', customers: false },
      userProperties: ['status', 'product'],
      maxRequestsPerSecond: 50,
    });
  });

  // The encryption key is for integrations in Redis.
  const names = Object.keys(integrationConfig).filter((name) => name !== 'SETTINGS_ENCRYPTION_KEY');
  it.each(names)('depends on %s', (name) => {
    expect(Object.keys(everySetting)).toContain(name);
    const others = Object.entries(everySetting).filter(([other]) => other !== name);
    const without = (): unknown => {
      try {
        return fromEnvironment(Object.fromEntries(others));
      } catch (error) {
        return error;
      }
    };
    expect(without()).not.toEqual(fromEnvironment(everySetting));
  });

  it.each([
    ['lifecycle', 'lifecycle'],
    ['{"preset": "rc", "rename": {"a": "b"}}', { preset: 'rc', rename: { a: 'b' } }],
    ['{"preset": "names of the type preset"}', { preset: 'names of the type preset' }],
  ])('reads the event names %s', (text, eventNames) => {
    const env = { STATSIG_SERVER_SECRET: 'secret-1', STATSIG_EVENT_NAMES: text };
    expect(fromEnvironment(env)).toMatchObject({ eventNames });
  });

  it.each([
    ['an invalid project id', { PROJECT_ID: 'a b' }, 'project id'],
    ['names that are not JSON', { STATSIG_EVENT_NAMES: '{' }, 'STATSIG_EVENT_NAMES'],
    ['a filter that does not exist', { STATSIG_FILTERS: '{"colors": {}}' }, 'colors'],
    ['hashing without salt', { STATSIG_OTHER_ATTRIBUTES: 'hash' }, 'salt'],
    ['a dropped attribute as the userID', { STATSIG_USER_ID_ATTRIBUTE: '$idfa' }, 'userIdAttribute'],
    ['sandbox in production', { STATSIG_SANDBOX_TIER: 'Production' }, 'tier'],
    ['a key of RevenueCat without its project', { REVENUECAT_API_KEY: 'sk' }, 'REVENUECAT_PROJECT_ID'],
    ['a secret of two lines', { STATSIG_SERVER_SECRET: 'a\nb' }, 'line breaks'],
  ])('rejects %s with a reason', (_what, env, said) => {
    const read = () => fromEnvironment({ STATSIG_SERVER_SECRET: 'secret-1', ...env });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(said);
  });
});
