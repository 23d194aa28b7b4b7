import { integrationSchema } from '@app/integrations';
import { changedIntegration } from './integration-input';
import { withSettings } from './merge-secrets';

const integration = integrationSchema.parse({
  projectId: 'shop',
  serverSecret: 'secret-k1',
  blockedIds: ['kiosk'],
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

  it('keep the revenue mode and the identity of users if they are omitted, and replace them otherwise', () => {
    const { revenue, userIdAttribute, anonymousCustomers } = integration;
    expect(change({})).toMatchObject({ revenue, userIdAttribute, anonymousCustomers });
    const others = { revenue: 'gross', userIdAttribute: null, anonymousCustomers: 'send' };
    expect(change(others)).toMatchObject(others);
  });

  it.each([[['demo', ' Kiosk ']], [[]]])('replace the blocked ids with the given ones: %j', (blockedIds) => {
    const trimmed = blockedIds.map((id) => id.trim());
    expect(change({ blockedIds })).toMatchObject({ blockedIds: trimmed });
  });

  it('must not contain a blank id', () => {
    expect(changedIntegration.safeParse({ blockedIds: [' '] }).success).toBe(false);
  });
});
