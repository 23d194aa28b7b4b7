import { createHmac } from 'node:crypto';
import { isSigned, parseSignature } from './signature';

const body = Buffer.from('{"event":{"id":"1"}}');
const nowMs = 1_700_000_000_000;
const secrets = ['new', 'old'];

function sign(secret: string, timestamp = nowMs / 1_000, signed = body): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(signed).digest('hex');
}

const header = (...hashes: string[]): string =>
  [`t=${nowMs / 1_000}`, ...hashes.map((hash) => `v1=${hash}`)].join(',');

/** What is wrong with the signature; undefined if it is valid. */
function check(signature: string | undefined, signed = body, now = nowMs): string | undefined {
  const parsed = parseSignature(signature, 300_000, now);
  if (parsed.kind === 'invalid') return parsed.detail;
  return isSigned(signed, parsed, secrets) ? undefined : 'does not match';
}

describe('a signature', () => {
  it.each([
    ['the newest secret', header(sign('new'))],
    ['the one before it', header(sign('old'))],
    ['one of several', header('00', sign('new'))],
    ['an upper-case digest and spaces', `t=${nowMs / 1_000}, v1=${sign('new').toUpperCase()}`],
  ])('is valid with %s', (_with, signature) => {
    expect(check(signature)).toBeUndefined();
  });

  it('is valid for five minutes either way', () => {
    expect(check(header(sign('new')), body, nowMs + 300_000)).toBeUndefined();
    expect(check(header(sign('new')), body, nowMs - 300_000)).toBeUndefined();
  });

  it.each([
    ['another secret', header(sign('stolen')), body, nowMs, 'does not match'],
    ['another body', header(sign('new')), Buffer.from('{}'), nowMs, 'does not match'],
    ['a time other than the signed one', header(sign('new', 1)), body, nowMs, 'does not match'],
    ['a time too long ago', header(sign('new')), body, nowMs + 301_000, '301 s old'],
    ['a time too far ahead', header(sign('new')), body, nowMs - 301_000, '-301 s old'],
    ['a digest that is not hexadecimal', header('zz'.repeat(32)), body, nowMs, 'does not match'],
    ['a digest that is too short', header(sign('new').slice(2)), body, nowMs, 'does not match'],
    ['no timestamp', `v1=${sign('new')}`, body, nowMs, 'no timestamp'],
    ['other text', 'nonsense', body, nowMs, 'no timestamp'],
    ['nothing', undefined, body, nowMs, 'no signature'],
    ['thousands of parts', header(...Array<string>(3_500).fill('00')), body, nowMs, 'too long'],
    ['more parts than are needed', header(...Array<string>(9).fill('0')), body, nowMs, 'too long'],
  ])('is rejected for %s, with the reason', (_why, signature, signed, now, said) => {
    expect(check(signature, signed, now)).toContain(said);
  });
});
