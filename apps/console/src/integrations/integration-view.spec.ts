import { integrationSchema } from '@app/integrations';
import { viewOf } from './integration-view';

const health = {
  state: 'idle',
  detail: null,
  sinceMs: null,
  nextAttemptAtMs: null,
  lastDeliveredAtMs: null,
} as const;

const webhook = {
  url: 'https://hooks.example/v1/projects/default/webhooks/revenuecat',
  origin: 'none',
  authorizations: 0,
  signingSecrets: 0,
  problem: null,
} as const;

describe('the view of an integration', () => {
  it('shows the last four characters of secrets, and nothing of the salt', () => {
    const integration = integrationSchema.parse({
      projectId: 'default',
      serverSecret: 'secret-0123456789',
      sandboxServerSecret: 'secret-of-the-sandbox',
      privacy: { attributes: { $email: 'hash' }, salt: 'a-salt-that-is-long-enough' },
      lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_do_not_show' },
    });
    const view = viewOf(integration, 'console', health, webhook);
    expect(view).toMatchObject({
      serverSecretEnding: '6789',
      sandboxSecretEnding: 'dbox',
      privacy: { hasSalt: true },
      lookup: { revenueCatProjectId: 'proj1', apiKeyEnding: 'show' },
    });
    const text = JSON.stringify(view);
    for (const secret of [
      'secret-0123456789',
      'a-salt-that-is-long-enough',
      'sk_do_not_show',
      'of-the-sandbox',
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it('shows the blocked ids', () => {
    const integration = integrationSchema.parse({
      projectId: 'default',
      serverSecret: 'secret-0123456789',
      blockedIds: ['kiosk'],
    });
    expect(viewOf(integration, 'console', health, webhook).blockedIds).toEqual(['kiosk']);
  });

  it('shows nothing of a secret so short that its ending would reveal it', () => {
    const integration = integrationSchema.parse({ projectId: 'default', serverSecret: 'abcdef' });
    expect(viewOf(integration, 'console', health, webhook).serverSecretEnding).toBe('');
  });
});
