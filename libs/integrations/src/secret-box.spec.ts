import { randomBytes } from 'node:crypto';
import { SecretBox, SecretBoxError } from './secret-box';

describe('the secret box', () => {
  const box = new SecretBox(randomBytes(32));

  it('opens what it sealed, and seals the same secret differently each time', () => {
    const sealed = box.seal('secret-1', 'shop');
    expect(sealed).not.toContain('secret-1');
    expect(box.seal('secret-1', 'shop')).not.toBe(sealed);
    expect(box.open(sealed, 'shop')).toBe('secret-1');
  });

  it.each([
    ['another key', (sealed: string) => new SecretBox(randomBytes(32)).open(sealed, 'shop')],
    ['another project', (sealed: string) => box.open(sealed, 'another')],
    ['altered text', (sealed: string) => box.open(`AAAA${sealed.slice(4)}`, 'shop')],
    ['text that was never sealed', () => box.open('plain', 'shop')],
  ])('does not open for %s, and says what to do', (_what, open) => {
    const attempt = () => open(box.seal('secret-1', 'shop'));
    expect(attempt).toThrow(SecretBoxError);
    expect(attempt).toThrow('SETTINGS_ENCRYPTION_KEY');
  });

  it('takes no key of another length', () => {
    expect(() => new SecretBox(randomBytes(16))).toThrow('32 bytes');
  });
});
