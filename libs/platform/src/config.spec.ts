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
  it('treats an empty variable as not set', () => {
    expect(readConfig(schema, { WORKERS: '', PASSWORD: '' })).toEqual({ WORKERS: 4 });
  });

  it('lists every invalid setting', () => {
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

    it('reads the setting from the file, without the trailing line break', async () => {
      await writeFile(file, ' a secret \n');
      expect(readConfig(schema, { PASSWORD_FILE: file })).toMatchObject({ PASSWORD: ' a secret ' });
    });

    it('rejects a setting that has both a variable and a file', async () => {
      await writeFile(file, 'one');
      expect(() => readConfig(schema, { PASSWORD: 'another', PASSWORD_FILE: file })).toThrow(
        'Set either PASSWORD or PASSWORD_FILE, not both.',
      );
    });

    it('reports a file that cannot be read', () => {
      expect(() => readConfig(schema, { PASSWORD_FILE: file })).toThrow(
        /PASSWORD_FILE names a file that cannot be read: .*password/,
      );
    });

    it('rejects an empty file', async () => {
      await writeFile(file, '\n');
      expect(() => readConfig(schema, { PASSWORD_FILE: file })).toThrow(
        'PASSWORD_FILE names a file that is empty.',
      );
    });
  });
});

describe('printableConfig', () => {
  it('shows only whether a secret is set', () => {
    const settings = z.object({ KEYS: secret(list().default([])), PASSWORD: secret(z.string().optional()) });
    const printed = printableConfig(settings, readConfig(settings, { PASSWORD: 'a secret' }));
    expect(printed).toEqual({ KEYS: 'not set', PASSWORD: 'set' });
  });

  it('does not show PEM text', () => {
    const settings = z.object({ CA: z.string() });
    const printed = printableConfig(settings, { CA: '-----BEGIN CERTIFICATE-----' });
    expect(printed).toEqual({ CA: 'set' });
  });

  it('accepts proxies only by address, not by their number, which a client could forge', () => {
    const read = (TRUST_PROXY: string) => readConfig(z.object(proxyConfig), { TRUST_PROXY }).TRUST_PROXY;
    expect(read('10.0.0.0/8, ::1,uniquelocal')).toEqual(['10.0.0.0/8', '::1', 'uniquelocal']);
    for (const wrong of ['1', 'true', '*', '10.0.0.0/33', '10.0.0.0/', 'proxy.example', '10.0.0.0/8/8'])
      expect(() => read(wrong)).toThrow(/TRUST_PROXY: must be IP addresses/);
  });
});
