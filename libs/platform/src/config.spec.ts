import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError, count, list, printableConfig, proxyConfig, readConfig, secret } from './config';

const schema = z.object({
  WORKERS: count(4),
  PASSWORD: secret(z.string().optional()),
});

describe('readConfig', () => {
  it('takes an empty variable as not set', () => {
    expect(readConfig(schema, { WORKERS: '', PASSWORD: '' })).toEqual({ WORKERS: 4 });
  });

  it('names every setting that cannot be used', () => {
    const reading = () => readConfig(z.object({ A: count(1), B: count(1) }), { A: 'many', B: '0' });
    expect(reading).toThrow(ConfigError);
    expect(reading).toThrow(/A: [\s\S]*B: /);
  });

  describe('with <NAME>_FILE', () => {
    let folder: string;
    let file: string;

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'config-spec-'));
      file = path.join(folder, 'password');
    });

    afterEach(() => rm(folder, { recursive: true }));

    it('reads the setting from that file, without the line break at its end', async () => {
      await writeFile(file, ' a secret \n');
      expect(readConfig(schema, { PASSWORD_FILE: file })).toMatchObject({ PASSWORD: ' a secret ' });
    });

    it('refuses to choose between a variable and a file', async () => {
      await writeFile(file, 'one');
      expect(() => readConfig(schema, { PASSWORD: 'another', PASSWORD_FILE: file })).toThrow(
        'Set either PASSWORD or PASSWORD_FILE, not both.',
      );
    });

    it('says which file cannot be read', () => {
      expect(() => readConfig(schema, { PASSWORD_FILE: file })).toThrow(
        /PASSWORD_FILE names a file that cannot be read: .*password/,
      );
    });

    it('refuses an empty file', async () => {
      await writeFile(file, '\n');
      expect(() => readConfig(schema, { PASSWORD_FILE: file })).toThrow(
        'PASSWORD_FILE names a file that is empty.',
      );
    });
  });
});

describe('printableConfig', () => {
  it('shows of a secret only whether it is set', () => {
    const settings = z.object({ KEYS: secret(list().default([])), PASSWORD: secret(z.string().optional()) });
    const printed = printableConfig(settings, readConfig(settings, { PASSWORD: 'a secret' }));
    expect(printed).toEqual({ KEYS: 'not set', PASSWORD: 'set' });
  });

  it('does not show PEM text', () => {
    const settings = z.object({ CA: z.string() });
    const printed = printableConfig(settings, { CA: '-----BEGIN CERTIFICATE-----' });
    expect(printed).toEqual({ CA: 'set' });
  });

  it('trusts proxies by address only, not by their number, which a client can make up', () => {
    const read = (TRUST_PROXY: string) => readConfig(z.object(proxyConfig), { TRUST_PROXY }).TRUST_PROXY;
    expect(read('10.0.0.0/8, ::1,uniquelocal')).toEqual(['10.0.0.0/8', '::1', 'uniquelocal']);
    for (const wrong of ['1', 'true', '*', '10.0.0.0/33', '10.0.0.0/', 'proxy.example', '10.0.0.0/8/8'])
      expect(() => read(wrong)).toThrow(/TRUST_PROXY: must be IP addresses/);
  });
});
