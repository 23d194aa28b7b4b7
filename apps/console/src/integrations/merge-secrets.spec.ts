import { integrationSchema } from '@app/integrations';
import { changedIntegration } from './integration-input';
import { withSettings } from './merge-secrets';

const integration = integrationSchema.parse({
  projectId: 'shop',
  serverSecret: 'secret-k1',
  blockedIds: ['kiosk'],
  filters: { stores: { exclude: ['ROKU'] } },
  revenue: 'after_commission',
  userIdAttribute: 'statsig_user_id',
  anonymousCustomers: 'skip',
});
const change = (settings: object) =>
  withSettings('shop', { kind: 'ready', integration }, changedIntegration.parse(settings));

describe('changed settings', () => {
  it('keep the blocked ids if they are omitted', () => {
    expect(change({ format: 'log_event' })).toMatchObject({ format: 'log_event', blockedIds: ['kiosk'] });
  });

  it('keep the filters if they are omitted, and replace all of them otherwise', () => {
    expect(change({})).toMatchObject({ filters: { stores: { exclude: ['ROKU'] } } });
    expect(change({ filters: { products: { include: ['pro*'] } } })).toMatchObject({
      filters: { stores: { exclude: [] }, products: { include: ['pro*'] } },
    });
  });

  it('keep the revenue mode and the identity of users if they are omitted, and replace them otherwise', () => {
    const { revenue, userIdAttribute, anonymousCustomers } = integration;
    expect(change({})).toMatchObject({ revenue, userIdAttribute, anonymousCustomers });
    const others = { revenue: 'gross', userIdAttribute: null, anonymousCustomers: 'send' };
    expect(change(others)).toMatchObject(others);
  });

  it('keep, replace or remove the maximum number of requests per second', () => {
    const before = integrationSchema.parse({ ...integration, maxRequestsPerSecond: 50 });
    const maximumAfter = (settings: object) =>
      integrationSchema.parse(
        withSettings('shop', { kind: 'ready', integration: before }, changedIntegration.parse(settings)),
      ).maxRequestsPerSecond;
    expect(maximumAfter({})).toBe(50);
    expect(maximumAfter({ maxRequestsPerSecond: 5 })).toBe(5);
    expect(maximumAfter({ maxRequestsPerSecond: null })).toBeUndefined();
  });

  it.each([[['demo', ' Kiosk ']], [[]]])('replace the blocked ids with the given ones: %j', (blockedIds) => {
    const trimmed = blockedIds.map((id) => id.trim());
    expect(change({ blockedIds })).toMatchObject({ blockedIds: trimmed });
  });

  it('must not contain a blank id', () => {
    expect(changedIntegration.safeParse({ blockedIds: [' '] }).success).toBe(false);
  });

  it('keep, replace or remove the server secret for sandbox events', () => {
    const before = integrationSchema.parse({ ...integration, sandboxServerSecret: 'secret-s1' });
    const secretAfter = (settings: object) =>
      withSettings('shop', { kind: 'ready', integration: before }, changedIntegration.parse(settings))[
        'sandboxServerSecret'
      ];
    expect(secretAfter({})).toBe('secret-s1');
    expect(secretAfter({ sandboxServerSecret: 'secret-s2' })).toBe('secret-s2');
    expect(secretAfter({ sandboxServerSecret: null })).toBeUndefined();
  });

  it('need the server secret for sandbox events again if it cannot be decrypted', () => {
    const sealed = integrationSchema.parse({ ...integration, sandboxServerSecret: 'sealed' });
    const changed = (settings: object) =>
      withSettings(
        'shop',
        { kind: 'unreadable', detail: '', sealed },
        changedIntegration.parse({ serverSecret: 'secret-k2', ...settings }),
      );
    expect(() => changed({})).toThrow('sandboxServerSecret');
    expect(changed({ sandboxServerSecret: null })).toMatchObject({ serverSecret: 'secret-k2' });
  });
});
