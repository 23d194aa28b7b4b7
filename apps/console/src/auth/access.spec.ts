import { type AccessRequest, accessOf, hostProblem, sessionCookie } from './access';
import { clientOf } from './failed-sign-ins';
import { sealSession } from './session';

const token = 'a-token-of-some-length';
const nowMs = Date.UTC(2026, 0, 5);
const session = { id: 'one', name: 'Ada' };
const rules = { token, isSignedOut: () => false };
const hosts = ['console.example'];
const request = (given: Partial<AccessRequest> = {}): AccessRequest => ({
  method: 'GET',
  cookies: {},
  ...given,
  headers: { host: 'console.example', ...given.headers },
});
const cookieOf = (expiresAtMs: number, key = token) => ({
  [sessionCookie]: sealSession({ ...session, expiresAtMs }, key),
});

describe('who may use the API', () => {
  it('denies access without the token or a session', () => {
    expect(accessOf(request(), rules, nowMs).kind).toBe('not_signed_in');
    expect(accessOf(request({ headers: { authorization: 'Bearer wrong' } }), rules, nowMs).kind).toBe(
      'not_signed_in',
    );
  });

  it('grants access to API clients that send the token', () => {
    const headers = { authorization: `Bearer ${token}` };
    expect(accessOf(request({ headers }), rules, nowMs)).toEqual({ kind: 'granted', name: 'token' });
  });

  it('grants access to a session under its name until it expires', () => {
    expect(accessOf(request({ cookies: cookieOf(nowMs + 1) }), rules, nowMs)).toEqual({
      kind: 'granted',
      name: 'Ada',
      session: { ...session, expiresAtMs: nowMs + 1 },
    });
    expect(accessOf(request({ cookies: cookieOf(nowMs) }), rules, nowMs).kind).toBe('not_signed_in');
  });

  it('rejects a session that was signed with another token, altered or forged', () => {
    const [payload = '', signature = ''] = cookieOf(nowMs + 1)[sessionCookie].split('.');
    const forged = Buffer.from(JSON.stringify({ name: 'Eve', expiresAtMs: nowMs + 1 })).toString('base64url');
    for (const cookie of [
      cookieOf(nowMs + 1, 'another-token')[sessionCookie],
      `${forged}.${signature}`,
      payload,
      '',
      '.',
    ]) {
      expect(accessOf(request({ cookies: { [sessionCookie]: cookie } }), rules, nowMs).kind).toBe(
        'not_signed_in',
      );
    }
  });

  it("accepts changes from the console's own pages only", () => {
    const change = (headers: AccessRequest['headers']) =>
      accessOf(
        request({
          method: 'POST',
          headers: { host: 'console.example', ...headers },
          cookies: cookieOf(nowMs + 1),
        }),
        rules,
        nowMs,
      ).kind;
    expect(change({ origin: 'http://console.example', 'sec-fetch-site': 'same-origin' })).toBe('granted');
    expect(change({ origin: 'http://evil.example' })).toBe('rejected');
    expect(change({ origin: 'http://console.example:81' })).toBe('rejected');
    expect(change({ origin: 'null' })).toBe('rejected');
    expect(change({ 'sec-fetch-site': 'same-site' })).toBe('rejected');
  });

  it('grants access to all users of this machine if no token is set', () => {
    expect(accessOf(request(), { ...rules, token: undefined }, nowMs)).toEqual({
      kind: 'granted',
      name: 'this machine',
    });
  });

  it('rejects a session that was signed out', () => {
    const signedOut = { ...rules, isSignedOut: ({ id }: { id: string }) => id === 'one' };
    expect(accessOf(request({ cookies: cookieOf(nowMs + 1) }), signedOut, nowMs).kind).toBe('not_signed_in');
  });
});

describe('the host names that the console responds to', () => {
  it('are those of this machine if no token is set', () => {
    const by = (host: string) => hostProblem(host, { token: undefined, hosts });
    for (const host of ['localhost:8083', '127.0.0.1:8083', '[::1]:8083']) expect(by(host)).toBeUndefined();
    for (const host of ['console.example', 'rebound.example:8083', '127.0.0.1.evil.example', ''])
      expect(by(host)).toContain('localhost only');
  });

  it('are with a token those that no other site can have, so that none reaches it by DNS rebinding', () => {
    const by = (host: string) => hostProblem(host, { token, hosts });
    for (const host of [
      'console.example',
      'CONSOLE.example:8083',
      'localhost',
      'console:8083',
      '10.0.0.7',
      '[::1]:1',
    ])
      expect([host, by(host)]).toEqual([host, undefined]);
    for (const host of ['evil.example', 'console.example.evil.org', '10.0.0.7.evil.org', 'localhost.', ''])
      expect(by(host)).toContain('CONSOLE_HOSTS');
  });
});

describe('the client by which attempts are counted', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('is, for %s, %s', (ip, client) => {
    expect(clientOf(ip)).toBe(client);
  });
});
