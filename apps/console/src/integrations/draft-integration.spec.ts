import { type Integration, integrationSchema, omitSecrets, secretPaths, secretsOf } from '@app/integrations';
import { type InvalidRequestException } from '@app/platform';
import fc from 'fast-check';
import { anyIntegration } from '../../../../libs/integrations/test/any-integration';
import { draftIntegration, requireSandboxEvents } from './draft-integration';
import { type StoredIntegration } from './integration-directory';
import { changedIntegration } from './integration-input';
import { settingsVersion, viewOf } from './integration-view';

const ready = (integration: Integration): StoredIntegration => ({ kind: 'ready', integration });

const asJson = (value: object) => JSON.parse(JSON.stringify(value)) as object;

/** As a client sends them, and the API validates them. */
const received = (settings: object) => changedIntegration.parse(asJson(settings));

const change = (stored: Integration, settings: object): Integration =>
  draftIntegration(stored.projectId, received(settings), ready(stored));

function pointersOf(draft: () => unknown): unknown {
  try {
    return draft();
  } catch (error) {
    return (error as InvalidRequestException).errors.map(({ pointer }) => pointer);
  }
}

/** What a change does not contain: `projectId` is in the URL, and the others stay as they are. */
const unchangeable = ['projectId', 'enabled', 'partitions'];

const without = (settings: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));

const changeable = (integration: Integration) => without(integration, unchangeable);

const defaults = integrationSchema.parse({ projectId: 'any', serverSecret: 'unused' });

describe('changed settings', () => {
  it('change nothing if they are those that the API returns, with or without the secrets', () => {
    fc.assert(
      fc.property(anyIntegration, (stored) => {
        for (const settings of [stored, omitSecrets(stored)]) {
          const changed = change(stored, changeable(settings));
          expect(changed).toEqual(stored);
          expect(settingsVersion(changed)).toBe(settingsVersion(stored));
          expect(() => {
            requireSandboxEvents(changed, ready(stored));
          }).not.toThrow();
        }
      }),
    );
  });

  it('have their defaults if they are omitted, except for secrets, a pause and partitions', () => {
    fc.assert(
      fc.property(anyIntegration, (stored) => {
        const settings = changeable(omitSecrets(stored));
        for (const name of Object.keys(settings)) {
          const hasDefault = { ...stored, [name]: defaults[name as keyof Integration] };
          const { salt } = stored.privacy;
          if (name === 'privacy' && salt !== undefined) hasDefault.privacy = { ...defaults.privacy, salt };
          expect(change(stored, without(settings, [name]))).toEqual(hasDefault);
        }
        const { projectId, enabled, partitions, serverSecret, sandboxServerSecret, privacy } = stored;
        expect(change(stored, {})).toEqual({
          ...{ ...defaults, projectId, enabled, partitions, serverSecret },
          ...(sandboxServerSecret !== undefined && { sandboxServerSecret }),
          privacy: { ...defaults.privacy, ...(privacy.salt !== undefined && { salt: privacy.salt }) },
        });
      }),
    );
  });

  it('remove optional settings and secrets with null', () => {
    const stored = integrationSchema.parse({
      ...{ projectId: 'shop', serverSecret: 's', sandboxServerSecret: 'o', maxRequestsPerSecond: 5 },
      ...{ privacy: { salt: 'a salt of 16 characters' } },
      lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_1' },
    });
    const nothing = { sandboxServerSecret: null, maxRequestsPerSecond: null, lookup: null };
    expect(change(stored, { ...nothing, privacy: { salt: null } })).toEqual({
      ...{ ...defaults, projectId: 'shop', serverSecret: 's' },
    });
    expect(pointersOf(() => draftIntegration('shop', { serverSecret: null }, ready(stored)))).toEqual([
      '/serverSecret',
    ]);
  });

  it('need each secret again that cannot be decrypted, or null to remove it', () => {
    fc.assert(
      fc.property(anyIntegration, (sealed) => {
        const stored = { kind: 'unreadable' as const, detail: '', sealed, raw: sealed };
        const draft = (settings: object) =>
          draftIntegration(sealed.projectId, received(settings), stored, ['settings']);
        const required = [...secretsOf(sealed).keys()].map((field) => `/settings/${field.replace('.', '/')}`);
        // Secrets that are required are reported first.
        const pointers = pointersOf(() => draft(changeable(omitSecrets(sealed)))) as string[];
        expect(pointers).toContain('/settings/serverSecret');
        expect(required).toEqual(expect.arrayContaining(pointers));
        expect(draft(changeable(sealed))).toEqual(sealed);

        const { serverSecret } = sealed;
        const onlySecret = pointersOf(() => draft({ serverSecret }));
        const lost = required.filter((pointer) => /sandbox|salt/.test(pointer));
        if (lost.length > 0) expect(onlySecret).toEqual(lost);
        const removed = { serverSecret, sandboxServerSecret: null, privacy: { salt: null } };
        expect([...secretsOf(draft(removed)).keys()]).toEqual(['serverSecret']);
      }),
    );
  });

  it('stay paused, and need each stored secret again, if the stored settings are invalid for this version', () => {
    const stored = {
      ...{ kind: 'unreadable' as const, detail: '', sealed: undefined },
      raw: {
        ...{ projectId: 'shop', enabled: false, format: 'of another version' },
        ...{ serverSecret: 'sealed', sandboxServerSecret: 'sealed', privacy: { salt: 'sealed' } },
      },
    };
    const serverSecret = 's';
    const draft = (settings: object) => draftIntegration('shop', received(settings), stored);
    expect(pointersOf(() => draft({ serverSecret }))).toEqual(['/sandboxServerSecret', '/privacy/salt']);
    const removed = { serverSecret, sandboxServerSecret: null, privacy: { salt: null } };
    expect(draft(removed)).toEqual({ ...defaults, projectId: 'shop', serverSecret, enabled: false });
  });

  it.each([
    ['added', undefined, true],
    ['changed', { includeSandbox: true, sandboxServerSecret: 'old' }, true],
    ['turned off without it', { includeSandbox: true, sandboxServerSecret: 'new' }, true],
    ['as before', { includeSandbox: false, sandboxServerSecret: 'new' }, false],
  ])('must not have a secret for sandbox events that are not sent: %s', (_how, before, isRejected) => {
    const own = { projectId: 'shop', serverSecret: 's' };
    const stored = before && ready(integrationSchema.parse({ ...own, ...before }));
    const save = (settings: object) => {
      requireSandboxEvents(integrationSchema.parse({ ...own, ...settings }), stored);
    };
    const unused = pointersOf(() => {
      save({ sandboxServerSecret: 'new' });
    });
    expect(unused).toEqual(isRejected ? ['/sandboxServerSecret'] : undefined);
    expect(() => {
      save({ sandboxServerSecret: 'new', includeSandbox: true });
    }).not.toThrow();
    expect(() => {
      save({});
    }).not.toThrow();
  });

  it('accept every setting that can be changed', () => {
    const settings = Object.keys(without(integrationSchema.shape, unchangeable));
    expect(Object.keys(changedIntegration.shape).toSorted()).toEqual([...settings, 'version'].toSorted());
  });
});

describe('the view of an integration', () => {
  const health = {
    ...{ state: 'idle' as const, detail: null },
    ...{ sinceMs: null, nextAttemptAtMs: null, lastDeliveredAtMs: null },
  };
  const webhook = {
    ...{ url: 'https://hooks.example', origin: 'none' as const },
    ...{ authorizations: 0, signingSecrets: 0, problem: null },
  };

  it('shows every setting, and no secret', () => {
    fc.assert(
      fc.property(anyIntegration, (integration) => {
        const view = asJson(viewOf(integration, 'console', health, webhook));
        expect(view).toMatchObject(asJson(changeable(omitSecrets(integration))));
        for (const path of secretPaths) expect(view).not.toHaveProperty([...path]);
        const long = [...secretsOf(integration).values()].filter((secret) => secret.length > 16);
        for (const secret of long) expect(JSON.stringify(view)).not.toContain(JSON.stringify(secret));
      }),
    );
  });
});
