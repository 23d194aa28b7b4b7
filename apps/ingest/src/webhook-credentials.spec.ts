import { createHmac } from 'node:crypto';
import { isAuthorized, isSigned, type WebhookCredentials } from './webhook-credentials';

const body = Buffer.from('{"event":{"id":"1"}}');
const nowMs = 1_700_000_000_000;

function credentials(given: Partial<WebhookCredentials>): WebhookCredentials {
  return { authorizations: [], signingSecrets: [], toleranceMs: 300_000, ...given };
}

function sign(secret: string, timestamp = nowMs / 1_000, signed = body): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(signed).digest('hex');
}

describe('the Authorization value', () => {
  it('must be one of those configured, to the letter', () => {
    const both = credentials({ authorizations: ['Bearer old', 'Bearer new'] });
    expect(isAuthorized(both, 'Bearer old')).toBe(true);
    expect(isAuthorized(both, 'Bearer new')).toBe(true);
    expect(isAuthorized(both, 'bearer new')).toBe(false);
    expect(isAuthorized(both, undefined)).toBe(false);
  });

  it('is not asked for where none is configured', () => {
    expect(isAuthorized(credentials({}), undefined)).toBe(true);
  });
});

describe('the signature', () => {
  const signed = credentials({ signingSecrets: ['old', 'new'] });
  const header = (...hashes: string[]): string =>
    [`t=${nowMs / 1_000}`, ...hashes.map((hash) => `v1=${hash}`)].join(',');

  it('is taken from either secret while they change, and where one of several matches', () => {
    expect(isSigned(signed, header(sign('old')), body, nowMs)).toBe(true);
    expect(isSigned(signed, header(sign('new')), body, nowMs)).toBe(true);
    expect(isSigned(signed, header('00', sign('new')), body, nowMs)).toBe(true);
  });

  it.each([
    ['another secret', header(sign('stolen')), body, nowMs],
    ['another body', header(sign('new')), Buffer.from('{}'), nowMs],
    ['another time than was signed', header(sign('new', 1)), body, nowMs],
    ['a time that is too long ago', header(sign('new')), body, nowMs + 300_001],
    ['a time that is too far ahead', header(sign('new')), body, nowMs - 300_001],
    ['no timestamp', `v1=${sign('new')}`, body, nowMs],
    ['nonsense', 'nonsense', body, nowMs],
    ['nothing', undefined, body, nowMs],
  ])('is refused for %s', (_why, value, bytes, now) => {
    expect(isSigned(signed, value, bytes, now)).toBe(false);
  });

  it('holds for five minutes either way', () => {
    expect(isSigned(signed, header(sign('new')), body, nowMs + 300_000)).toBe(true);
    expect(isSigned(signed, header(sign('new')), body, nowMs - 300_000)).toBe(true);
  });
});
