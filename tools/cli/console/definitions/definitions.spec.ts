import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integrationSchema, omitSecrets, restoreSecrets, secretsOf } from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { z } from 'zod';
import { anyIntegration } from '../../../../libs/integrations/test/any-integration';
import { planDefinition } from '../../../../apps/console/src/integration-definitions/plan-definition';
import { changeText } from './change-text';
import { documentsOf } from './export';
import { readDefinitions } from './read-definitions';
import { resolveSecrets } from './secret-references';
import { uncoveredSettings } from './test/uncovered-settings';

const integrations = fc.uniqueArray(anyIntegration, { selector: (one) => one.projectId, maxLength: 4 });

/** As the console lists them. */
const definitionsOf = (all: readonly (typeof integrationSchema)['_output'][]) =>
  all.map((one) => ({
    ...{ projectId: one.projectId, origin: 'console' as const },
    settings: { ...omitSecrets(one) },
    secrets: [...secretsOf(one).keys()],
  }));

function pointersOf(plan: () => unknown): unknown {
  try {
    return plan();
  } catch (error) {
    return (error as InvalidRequestException).errors.map(({ pointer }) => pointer);
  }
}

describe('integrations as code', () => {
  it('are tested with different values of every setting', () => {
    const samples = fc.sample(anyIntegration, { numRuns: 300, seed: 1 });
    expect([...uncoveredSettings(integrationSchema, samples)]).toEqual([]);
    const later = integrationSchema.extend({ later: z.boolean().default(false) });
    expect([...uncoveredSettings(later, samples)]).not.toEqual([]);
  });

  it('have no differences after they were exported and applied', () => {
    fc.assert(
      fc.property(integrations, (all) => {
        const documents = documentsOf(definitionsOf(all));
        const env: Record<string, string> = {};
        for (const [i, document] of documents.entries()) {
          const stored = secretsOf(all[i]);
          for (const [field, value] of stored) {
            const reference = field
              .split('.')
              .reduce<unknown>((one, part) => (one as Record<string, unknown>)[part], document);
            env[(reference as { fromEnv: string }).fromEnv] = value;
          }
        }
        const text = stringify(documents);
        for (const one of all) {
          for (const value of secretsOf(one).values())
            if (value.length > 12) expect(text).not.toContain(value);
        }

        const { definitions, problems } = readDefinitions(text);
        expect(problems).toEqual([]);
        expect(definitions).toHaveLength(all.length);
        for (const [i, definition] of definitions.entries()) {
          const stored = all[i];
          if (stored === undefined) throw new Error('no integration');
          const { settings, problems: unresolved } = resolveSecrets(definition, env);
          expect(unresolved).toEqual([]);
          const current = { stored: { kind: 'ready' as const, integration: stored } };
          const counts = { partitions: stored.partitions, defaultPartitions: 12 };
          expect(planDefinition(definition.projectId, settings, { ...current, ...counts }).changes).toEqual(
            [],
          );
          const fresh = { stored: undefined, partitions: undefined, defaultPartitions: 12 };
          const add = () => planDefinition(definition.projectId, settings, fresh).integration;
          const hasUnusedSecret = stored.sandboxServerSecret !== undefined && !stored.includeSandbox;
          if (hasUnusedSecret) expect(pointersOf(add)).toEqual(['/settings/sandboxServerSecret']);
          else expect(add()).toEqual(stored);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have no differences after they were applied, whatever was stored before', () => {
    fc.assert(
      fc.property(anyIntegration, anyIntegration, fc.boolean(), (before, wanted, hasSecrets) => {
        const { projectId, partitions } = before;
        const key = new Map([['lookup.apiKey', 'key']]);
        const kept = hasSecrets ? wanted : restoreSecrets(omitSecrets(wanted), key);
        // Without sandbox events, their secret is rejected.
        const sandbox = wanted.includeSandbox ? {} : { sandboxServerSecret: null };
        // As the console receives them: without members that are undefined.
        const settings = JSON.parse(
          JSON.stringify({ ...kept, ...sandbox, projectId, partitions }),
        ) as typeof wanted;
        // Without a salt in the file or the store, hashes are invalid.
        const stored = { ...before, privacy: { ...before.privacy, salt: 'the salt in the store' } };
        const plan = (integration: typeof before) =>
          planDefinition(projectId, settings, {
            ...{ stored: { kind: 'ready' as const, integration }, partitions, defaultPartitions: 12 },
          });
        const { integration, changes } = plan(stored);
        expect(plan(integration).changes).toEqual([]);
        const shown = { projectId, action: 'change' as const, revision: '', hasWebhookCredentials: true };
        const text = changeText([{ ...shown, changes }]);
        for (const value of [...secretsOf(stored).values(), ...secretsOf(settings).values()])
          if (value.length > 12) expect(text).not.toContain(value);
      }),
      { numRuns: 100 },
    );
  });

  it('are read from lists, several documents and JSON, with the position of each part', () => {
    const text = [
      '# ours',
      '- projectId: shop',
      '  privacy:',
      '    otherAttributes: keep',
      '---',
      '---',
      'projectId: games',
    ];
    const { definitions, problems } = readDefinitions(text.join('\n'));
    expect(problems).toEqual([]);
    expect(definitions.map(({ projectId: id }) => id)).toEqual(['shop', 'games']);
    const [shop] = definitions;
    expect(shop?.positionOf(['privacy', 'otherAttributes'])).toBe('4:5');
    expect(shop?.positionOf(['privacy', 'unknown'])).toBe('3:3');
    expect(shop?.positionOf(['serverSecret'])).toBe('2:3');
    expect(readDefinitions('[{"projectId": "shop"}]').definitions).toHaveLength(1);
  });

  it.each([
    ['not YAML', 'a: [', '1:5'],
    ['a repeated key', 'projectId: a\nformat: rc\nformat: rc', '3:1'],
    ['a repeated project', '- projectId: a\n- projectId: a', '2:3'],
    ['no project', '- format: rc', '1:3'],
    ['a number as project', 'projectId: 5', '1:1'],
    ['a text', 'shop', '1:1'],
  ])('are rejected with the position if they are %s', (_what, text, position) => {
    expect(readDefinitions(text).problems.map((problem) => problem.position)).toContain(position);
  });

  it('have secrets from the environment or from files, and never in the file itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'definitions-'));
    const file = join(folder, 'salt');
    writeFileSync(file, 'a salt of 16 characters\n');
    const read = (text: string) => {
      const [definition] = readDefinitions(text).definitions;
      if (definition === undefined) throw new Error('no definition');
      return resolveSecrets(definition, { SECRET: 'secret-1', EMPTY: '' });
    };
    const resolved = read(
      `projectId: a\nserverSecret: { fromEnv: SECRET }\nprivacy: { salt: { fromFile: ${file} } }`,
    );
    expect(resolved).toEqual({
      settings: { projectId: 'a', serverSecret: 'secret-1', privacy: { salt: 'a salt of 16 characters' } },
      problems: [],
    });
    rmSync(folder, { recursive: true });
    const problem = (reference: string) => read(`projectId: a\nserverSecret: ${reference}`).problems;
    expect(problem('secret-in-the-file')).toMatchObject([{ position: '2:1' }]);
    expect(JSON.stringify(problem('secret-in-the-file'))).not.toContain('secret-in-the-file');
    expect(problem('{ fromEnv: EMPTY }')[0]?.detail).toContain('EMPTY is not set');
    expect(problem('{ fromFile: /nowhere }')[0]?.detail).toContain('cannot be read');
    expect(problem('{ fromVault: x }')).toHaveLength(1);
    expect(problem('null')).toEqual([]);
  });

  it('keep a pause, partitions and secrets that the file does not name, and reset other settings', () => {
    const stored = integrationSchema.parse({
      ...{ projectId: 'a', enabled: false, serverSecret: 's', format: 'log_event', partitions: 3 },
      lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_1' },
    });
    const current = {
      stored: { kind: 'ready' as const, integration: stored },
      partitions: 3,
      defaultPartitions: 12,
    };
    const settings = { lookup: { revenueCatProjectId: 'proj1' } };
    const { integration: planned, changes } = planDefinition('a', settings, current);
    expect(planned).toEqual({ ...stored, format: 'revenuecat' });
    expect(changes).toEqual([
      { path: ['format'], isSecret: false, before: 'log_event', after: 'revenuecat' },
    ]);
    const sandbox = { ...stored, sandboxServerSecret: 'sandbox-secret' };
    const without = planDefinition(
      'a',
      { ...stored, sandboxServerSecret: null },
      { ...current, stored: { kind: 'ready', integration: sandbox } },
    );
    expect(without.integration).toEqual(stored);
    expect(without.changes).toEqual([{ path: ['sandboxServerSecret'], isSecret: true }]);
    const wrong = () => planDefinition('a', { ...settings, serverSecret: ['s'] }, current);
    expect(pointersOf(wrong)).toEqual(['/settings/serverSecret']);
    const other = planDefinition('a', { ...settings, format: 'log_event', serverSecret: 'other' }, current);
    expect(other.changes).toEqual([{ path: ['serverSecret'], isSecret: true }]);
    const shown = { projectId: 'a', revision: '', hasWebhookCredentials: true };
    const text = changeText([{ ...shown, action: 'change', changes: [...changes, ...other.changes] }]);
    expect(text).toContain('format: "log_event" → "revenuecat"');
    expect(text).toContain('serverSecret: changed (secret)');
    expect(text).not.toContain('other');
  });

  it.each([
    ['an unknown setting', { serverSecret: 's', privacy: { other: 1 } }, '/settings/privacy/other'],
    ['an invalid setting', { serverSecret: 's', format: 'xml' }, '/settings/format'],
    ['no secret', {}, '/settings/serverSecret'],
    ['null for a secret that is required', { serverSecret: null }, '/settings/serverSecret'],
    ['another partition count', { serverSecret: 's', partitions: 4 }, '/settings/partitions'],
  ])('are rejected if they have %s', (_what, settings, pointer) => {
    const plan = () =>
      planDefinition('a', settings, { stored: undefined, partitions: 3, defaultPartitions: 12 });
    expect(plan).toThrow(InvalidRequestException);
    expect(pointersOf(plan)).toEqual([pointer]);
  });
});
