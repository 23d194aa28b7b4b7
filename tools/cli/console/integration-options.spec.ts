import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { newIntegration } from '../../../apps/console/src/integrations/integration-input';
import { type IntegrationOptions, readSettings, withIntegrationOptions } from './integration-options';

function settingsFor(...args: string[]): Promise<Record<string, unknown>> {
  const command = withIntegrationOptions(new Command().exitOverride()).parse(args, { from: 'user' });
  return readSettings(command.opts<IntegrationOptions>());
}

describe('the options for the settings of an integration', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'settings-'));
    Object.assign(process.env, {
      ...{ TEST_SALT: 'a salt of 16 or more', TEST_KEY: 'sk_1', TEST_SANDBOX: 'secret-2' },
    });
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const name of ['TEST_SALT', 'TEST_KEY', 'TEST_SANDBOX']) Reflect.deleteProperty(process.env, name);
  });

  it('set what the API accepts, with secrets from the environment', async () => {
    const settings = await settingsFor(
      ...[
        '--format',
        'log_event',
        '--event-names',
        '{"preset": "rc", "rename": {}}',
        '--event-types',
        'A, B',
      ],
      ...['--filters', '{"stores": {"exclude": ["ROKU"]}}', '--custom-ids', '{"sale": "transaction"}'],
      ...['--max-requests-per-second', '50', '--partitions', '3', '--sandbox-secret-env', 'TEST_SANDBOX'],
      ...[
        '--attributes',
        '{"$email": "hash"}',
        '--sensitive-attributes',
        'keep',
        '--other-attributes',
        'drop',
      ],
      ...['--attributes-salt-env', 'TEST_SALT'],
      ...['--revenuecat-project-id', 'proj1', '--revenuecat-key-env', 'TEST_KEY', '--no-customer-lookups'],
    );
    expect(settings).toEqual({
      format: 'log_event',
      eventNames: { preset: 'rc', rename: {} },
      eventTypes: ['A', 'B'],
      filters: { stores: { exclude: ['ROKU'] } },
      customIds: { sale: 'transaction' },
      ...{ maxRequestsPerSecond: 50, partitions: 3, sandboxServerSecret: 'secret-2' },
      privacy: {
        attributes: { $email: 'hash' },
        ...{ sensitiveAttributes: 'keep', otherAttributes: 'drop', salt: 'a salt of 16 or more' },
      },
      lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_1', customers: false },
    });
    const body = { projectId: 'shop', serverSecret: 'secret', ...settings };
    expect(newIntegration.safeParse(body).error).toBeUndefined();
  });

  it('override single settings of a file', async () => {
    const file = path.join(folder, 'settings.json');
    const inFile = { format: 'log_event', privacy: { otherAttributes: 'drop', sensitiveAttributes: 'keep' } };
    writeFileSync(file, JSON.stringify(inFile));
    expect(await settingsFor('--settings', file)).toEqual(inFile);
    expect(await settingsFor('--settings', file, '--sensitive-attributes', 'drop')).toEqual({
      format: 'log_event',
      privacy: { otherAttributes: 'drop', sensitiveAttributes: 'drop' },
    });
  });

  it('quote nothing of a file that is not JSON, because it may contain secrets', async () => {
    const file = path.join(folder, 'settings.json');
    writeFileSync(file, '{ "sandboxServerSecret": secret-abcdef }');
    const failure = await settingsFor('--settings', file).catch((error: unknown) => String(error));
    expect(failure).toContain(`${file} is not valid JSON: Unexpected character at position 25`);
    expect(failure).not.toContain('secret-');
  });

  it('are read from the folder in which the operator runs npm', async () => {
    writeFileSync(path.join(folder, 'settings.json'), '{ "format": "log_event" }');
    const { INIT_CWD } = process.env;
    process.env['INIT_CWD'] = folder;
    try {
      expect(await settingsFor('--settings', 'settings.json')).toEqual({ format: 'log_event' });
    } finally {
      if (INIT_CWD === undefined) Reflect.deleteProperty(process.env, 'INIT_CWD');
      else process.env['INIT_CWD'] = INIT_CWD;
    }
  });

  it.each([
    [['--custom-ids', '{'], /--custom-ids is not valid JSON/],
    [['--attributes-salt-env', 'TEST_ABSENT'], /TEST_ABSENT is not set; it must contain the salt/],
    [['--max-requests-per-second', 'many'], /positive integer/],
  ])('are rejected with the name of the problem: %j', async (args, message) => {
    await expect((async () => settingsFor(...args))()).rejects.toThrow(message);
  });
});
