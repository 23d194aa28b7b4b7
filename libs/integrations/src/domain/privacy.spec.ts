import { privacySchema, sensitiveAttributes, treatAttribute } from './privacy';

const privacy = (settings: object = {}) => privacySchema.parse(settings);

describe('privacy of customer attributes', () => {
  it('drops attributes that identify a device or a person by default, and keeps all others', () => {
    for (const name of sensitiveAttributes) expect(treatAttribute(privacy(), name, 'x')).toBeUndefined();
    expect(treatAttribute(privacy(), '$email', 'a@b.c')).toBe('a@b.c');
    expect(treatAttribute(privacy(), 'toString', 'x')).toBe('x');
  });

  it('applies the treatment of a listed attribute first', () => {
    const own = privacy({ attributes: { $ip: 'keep', plan: 'drop' }, otherAttributes: 'keep' });
    expect(treatAttribute(own, '$ip', '1.2.3.4')).toBe('1.2.3.4');
    expect(treatAttribute(own, 'plan', 'gold')).toBeUndefined();
    expect(treatAttribute(privacy({ otherAttributes: 'drop' }), 'plan', 'gold')).toBeUndefined();
    expect(treatAttribute(privacy({ sensitiveAttributes: 'keep' }), '$idfa', 'A')).toBe('A');
  });

  it('hashes with the salt, and always hashes a value to the same text', () => {
    const salted = (salt: string) => privacy({ otherAttributes: 'hash', salt });
    const hash = treatAttribute(salted('a salt of 16 chars'), 'plan', 'gold');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(treatAttribute(salted('a salt of 16 chars'), 'plan', 'gold')).toBe(hash);
    expect(treatAttribute(salted('another salt of 16'), 'plan', 'gold')).not.toBe(hash);
  });

  it.each([{ otherAttributes: 'hash' }, { sensitiveAttributes: 'hash' }, { attributes: { plan: 'hash' } }])(
    'takes no hashing without a salt: %j',
    (settings) => {
      expect(privacySchema.safeParse(settings).success).toBe(false);
    },
  );
});
