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

describe('an integration as people see it', () => {
  it('shows of the secret the last four characters, and of other secrets nothing', () => {
    const integration = integrationSchema.parse({
      projectId: 'default',
      serverSecret: 'secret-0123456789',
      privacy: { attributes: { $email: 'hash' }, salt: 'a-salt-that-is-long-enough' },
      lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_do_not_show' },
    });
    const view = viewOf(integration, 'console', health, webhook);
    expect(view).toMatchObject({
      serverSecretEnding: '6789',
      privacy: { hasSalt: true },
      lookup: { revenueCatProjectId: 'proj1', apiKeyEnding: 'show' },
    });
    const text = JSON.stringify(view);
    for (const secret of ['secret-0123456789', 'a-salt-that-is-long-enough', 'sk_do_not_show']) {
      expect(text).not.toContain(secret);
    }
  });

  it('shows the ids that it blocks', () => {
    const integration = integrationSchema.parse({
      projectId: 'default',
      serverSecret: 'secret-0123456789',
      blockedIds: ['kiosk'],
    });
    expect(viewOf(integration, 'console', health, webhook).blockedIds).toEqual(['kiosk']);
  });

  it('shows nothing of a secret so short that its ending would tell it', () => {
    const integration = integrationSchema.parse({ projectId: 'default', serverSecret: 'abcdef' });
    expect(viewOf(integration, 'console', health, webhook).serverSecretEnding).toBe('');
  });
});
