import { randomBytes } from 'node:crypto';
import { SecretBox, SecretBoxError } from './secret-box';

const owner = { projectId: 'shop', field: 'serverSecret' };

describe('the secret box', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const box = new SecretBox([first]);

  it('decrypts its own ciphertext, and encrypts the same secret differently each time', async () => {
    const sealed = await box.seal('secret-1 ü', owner);
    expect(Buffer.from(sealed, 'base64').toString()).not.toContain('secret-1');
    expect(await box.seal('secret-1 ü', owner)).not.toBe(sealed);
    expect(await box.open(sealed, owner)).toBe('secret-1 ü');
  });

  it('decrypts with an older key, and encrypts with the first', async () => {
    const rotated = new SecretBox([second, first]);
    const old = await box.seal('secret-1', owner);
    expect(await rotated.open(old, owner)).toBe('secret-1');
    expect(rotated.isCurrent(old)).toBe(false);
    const renewed = await rotated.seal('secret-1', owner);
    expect(rotated.isCurrent(renewed)).toBe(true);
    await expect(box.open(renewed, owner)).rejects.toThrow('encrypted with another key');
  });

  it.each([
    [
      'another key',
      (sealed: string) => new SecretBox([second]).open(sealed, owner),
      'SETTINGS_ENCRYPTION_KEY',
    ],
    [
      'another project',
      (sealed: string) => box.open(sealed, { ...owner, projectId: 'other' }),
      'another project',
    ],
    [
      'another field',
      (sealed: string) => box.open(sealed, { ...owner, field: 'apiKey' }),
      'another project or field',
    ],
    ['altered text', (sealed: string) => box.open(`${sealed.slice(0, -4)}AAAA`, owner), 'altered'],
    ['text that was never encrypted', () => box.open('plain', owner), 'not encrypted by this software'],
  ])('does not decrypt with %s, and reports what to do', async (_what, open, said) => {
    const attempt = open(await box.seal('secret-1', owner));
    await expect(attempt).rejects.toThrow(SecretBoxError);
    await expect(attempt).rejects.toThrow(said);
  });

  it('rejects a key of another length', () => {
    expect(() => new SecretBox([randomBytes(16)])).toThrow('32 bytes');
  });
});
