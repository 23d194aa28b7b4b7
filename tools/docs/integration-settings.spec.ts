import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { integrationSchema } from '@app/integrations';
import { type Command } from 'commander';
import { z } from 'zod';
import { blankValues, settingsOf } from '../../apps/console/web/src/integrations/integration-form-values';
import { createProgram } from '../cli/program';
import { allSettings } from './all-settings';
import { integrationSettings } from './integration-settings';

const settings = Object.values(integrationSettings);

/** The names of settings; `filters` is one, because its parts belong together. */
function namesIn(schema: unknown, name = ''): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return namesIn(schema.unwrap(), name);
  }
  if (!(schema instanceof z.ZodObject) || name === 'filters') return [name];
  return Object.entries(schema.shape).flatMap(([member, of]) =>
    namesIn(of, name === '' ? member : `${name}.${member}`),
  );
}

function pathsIn(value: object, parent = ''): string[] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const at = `${parent}${name}`;
    const isGroup = at === 'privacy' || at === 'lookup';
    return isGroup && typeof member === 'object' && member !== null ? pathsIn(member, `${at}.`) : [at];
  });
}

function subcommand(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
}

describe('every setting of an integration', () => {
  it('is in docs/configuration.md', () => {
    const page = readFileSync(path.resolve(__dirname, '../../docs/configuration.md'), 'utf8');
    const names = namesIn(integrationSchema);
    expect(Object.keys(integrationSettings).toSorted()).toEqual(names.toSorted());
    expect(names.filter((name) => !page.includes(`\n| \`${name}\` `))).toEqual([]);
  });

  it('has an environment variable, except for pausing', () => {
    const variables = allSettings.flatMap((group) => group.settings.map(({ name }) => name));
    const named = settings.flatMap(({ variable }) => variable ?? []);
    expect(named.filter((name) => !variables.includes(name))).toEqual([]);
    expect(settings.length - named.length).toBe(1);
    const ofIntegrations = allSettings.find(({ title }) => title === 'Integration with Statsig');
    const unnamed = ofIntegrations?.settings.filter(({ name }) => !named.includes(name));
    expect(unnamed?.map(({ name }) => name)).toEqual(['SETTINGS_ENCRYPTION_KEY']);
  });

  it('has an option of `integrations add`, or a command', () => {
    const integrations = subcommand(createProgram(), 'integrations');
    const options = subcommand(integrations, 'add').options.map(({ long }) => long);
    const named = settings.filter(({ cli }) => cli.startsWith('--')).map(({ cli }) => cli);
    expect(options.toSorted()).toEqual([...named, '--settings', '--json'].toSorted());
    for (const { cli } of settings.filter((each) => !named.includes(each.cli))) {
      expect(() => subcommand(integrations, cli.split(' ')[1] ?? '')).not.toThrow();
    }
  });

  it('is in the form of the console, or on the page around it', () => {
    const folder = path.resolve(__dirname, '../../apps/console/web/src/integrations');
    const pages = readdirSync(folder).filter((name) => name.endsWith('.tsx'));
    const source = pages.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
    expect(settings.filter(({ label }) => !source.includes(label))).toEqual([]);

    const filled = {
      ...blankValues({
        ...{ defaultProjectId: 'default', defaultPartitions: 12, canSave: true },
        ...{ eventTypes: [], defaultEventTypes: [], sensitiveAttributes: [] },
      }),
      ...{ includeSandbox: true, hasSandboxSecret: true, sandboxServerSecret: 'secret', salt: 'salt' },
      ...{ hasRevenueCatKey: true, revenueCatKey: 'key' },
    };
    const around = ['projectId', 'enabled', 'serverSecret', 'partitions'];
    expect([...pathsIn(settingsOf(filled)), ...around].toSorted()).toEqual(
      namesIn(integrationSchema).toSorted(),
    );
    const unbound = Object.keys(filled).filter(
      (field) => !new RegExp(`getInputProps\\(['\`]${field}['\`.]`).test(source),
    );
    // Not a control: it is set if the stored salt cannot be decrypted.
    expect(unbound).toEqual(['isSaltLost']);
  });
});
