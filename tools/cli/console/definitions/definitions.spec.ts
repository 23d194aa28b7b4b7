import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { integrationSchema, secretsOf, withSecrets } from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { planDefinition } from '../../../../apps/console/src/integration-definitions/plan-definition';
import { changeText } from './change-text';
import { documentsOf } from './export';
import { readDefinitions } from './read-definitions';
import { resolveSecrets } from './secret-references';

const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
const secret = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const projectId = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/).filter((id) => id !== 'unknown');

/** Integrations with every kind of setting that the schema has. */
const integration = fc
  .record({
    projectId,
    enabled: fc.boolean(),
    serverSecret: secret,
    format: fc.constantFrom('revenuecat', 'log_event'),
    eventNames: fc.oneof(fc.constantFrom('received', 'rc'), fc.dictionary(name, name)),
    eventTypes: fc.array(name),
    includeSandbox: fc.boolean(),
    identity: fc.constantFrom('app_user_id', 'best_known'),
    blockedIds: fc.array(fc.stringMatching(/^\w+$/)),
    customIds: fc.dictionary(name, name),
    maxRequestsPerSecond: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
    privacy: fc.record({
      attributes: fc.dictionary(name, fc.constantFrom('keep', 'drop', 'hash')),
      salt: fc.string({ minLength: 16 }),
    }),
    partitions: fc.integer({ min: 1, max: 1_000 }),
    lookup: fc.option(fc.record({ revenueCatProjectId: projectId, apiKey: secret }), { nil: undefined }),
  })
  .map((settings) => integrationSchema.parse(settings));

const integrations = fc.uniqueArray(integration, { selector: (one) => one.projectId, maxLength: 4 });

/** As the console lists them. */
const definitionsOf = (all: readonly (typeof integrationSchema)['_output'][]) =>
  all.map((one) => ({
    ...{ projectId: one.projectId, origin: 'console' as const },
    settings: { ...withSecrets(one, new Map()) },
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
          expect(planDefinition(definition.projectId, settings, fresh).integration).toEqual(stored);
        }
      }),
      { numRuns: 50 },
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
    ['another partition count', { serverSecret: 's', partitions: 4 }, '/settings/partitions'],
  ])('are rejected if they have %s', (_what, settings, pointer) => {
    const plan = () =>
      planDefinition('a', settings, { stored: undefined, partitions: 3, defaultPartitions: 12 });
    expect(plan).toThrow(InvalidRequestException);
    expect(pointersOf(plan)).toEqual([pointer]);
  });
});
