import { Writable } from 'node:stream';
import { createLogger } from '@app/platform';
import fc from 'fast-check';
import { z } from 'zod';
import { anyIntegration } from '../../test/any-integration';
import { integrationSchema } from './integration';
import { omitSecrets, restoreSecrets, secretPaths, secretsOf } from './integration-secrets';

/** Paths of all settings that are text. */
function textPaths(schema: unknown, path: readonly string[] = []): string[] {
  if (schema instanceof z.ZodString) return [path.join('.')];
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, member]) => textPaths(member, [...path, name]));
  }
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? textPaths(schema.unwrap(), path) : [];
}

describe('the secrets of an integration', () => {
  it('are all texts, except for those that are known to be no secrets', () => {
    const shown = new Set(['projectId', 'sandboxTier', 'userIdAttribute', 'lookup.revenueCatProjectId']);
    const secret = textPaths(integrationSchema).filter((path) => !shown.has(path));
    expect(secretPaths.map((path) => path.join('.'))).toEqual(secret);
  });

  it('can be omitted and restored', () => {
    fc.assert(
      fc.property(anyIntegration, (integration) => {
        const without = omitSecrets(integration);
        expect([...secretsOf(without)]).toEqual([]);
        expect(restoreSecrets(without, secretsOf(integration))).toEqual(integration);
        expect(restoreSecrets(integration, new Map([['serverSecret', 'other']]))).toEqual(integration);
      }),
    );
  });

  it('are censored in logs', () => {
    const lines: string[] = [];
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    });
    const integration = secretPaths.reduce<Record<string, unknown>>((settings, path) => {
      const [name = '', member] = path;
      return { ...settings, [name]: member === undefined ? 'hidden-value' : { [member]: 'hidden-value' } };
    }, {});
    const log = createLogger('app', 'info', destination);
    log.info(integration, 'settings');
    log.info({ integration }, 'integration');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('hidden-value');
  });
});
