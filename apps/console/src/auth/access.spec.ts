import { type AccessRequest, accessOf, sessionCookie } from './access';
import { sealSession } from './session';

const token = 'a-token-of-some-length';
const nowMs = Date.UTC(2026, 0, 5);
const request = (given: Partial<AccessRequest> = {}): AccessRequest => ({
  method: 'GET',
  headers: { host: 'console.example' },
  cookies: {},
  ...given,
});
const cookieOf = (expiresAtMs: number, key = token) => ({
  [sessionCookie]: sealSession({ name: 'Ada', expiresAtMs }, key),
});

describe('who may use the API', () => {
  it('lets nobody in without the token or a session', () => {
    expect(accessOf(request(), token, nowMs).kind).toBe('not_signed_in');
    expect(accessOf(request({ headers: { authorization: 'Bearer wrong' } }), token, nowMs).kind).toBe(
      'not_signed_in',
    );
  });

  it('lets programs in that send the token itself', () => {
    const headers = { authorization: `Bearer ${token}` };
    expect(accessOf(request({ headers }), token, nowMs)).toEqual({ kind: 'granted', name: 'token' });
  });

  it('knows a session by its name until it is over', () => {
    expect(accessOf(request({ cookies: cookieOf(nowMs + 1) }), token, nowMs)).toEqual({
      kind: 'granted',
      name: 'Ada',
    });
    expect(accessOf(request({ cookies: cookieOf(nowMs) }), token, nowMs).kind).toBe('not_signed_in');
  });

  it('takes no session that was signed with another token, altered or made up', () => {
    const [payload = '', signature = ''] = cookieOf(nowMs + 1)[sessionCookie].split('.');
    const forged = Buffer.from(JSON.stringify({ name: 'Eve', expiresAtMs: nowMs + 1 })).toString('base64url');
    for (const cookie of [
      cookieOf(nowMs + 1, 'another-token')[sessionCookie],
      `${forged}.${signature}`,
      payload,
      '',
      '.',
    ]) {
      expect(accessOf(request({ cookies: { [sessionCookie]: cookie } }), token, nowMs).kind).toBe(
        'not_signed_in',
      );
    }
  });

  it('takes changes from its own pages only', () => {
    const change = (headers: AccessRequest['headers']) =>
      accessOf(
        request({
          method: 'POST',
          headers: { host: 'console.example', ...headers },
          cookies: cookieOf(nowMs + 1),
        }),
        token,
        nowMs,
      ).kind;
    expect(change({ origin: 'http://console.example', 'sec-fetch-site': 'same-origin' })).toBe('granted');
    expect(change({ origin: 'http://evil.example' })).toBe('refused');
    expect(change({ origin: 'http://console.example:81' })).toBe('refused');
    expect(change({ origin: 'null' })).toBe('refused');
    expect(change({ 'sec-fetch-site': 'same-site' })).toBe('refused');
  });

  it('answers without a token to this machine by its own names only', () => {
    const by = (host: string) => accessOf(request({ headers: { host } }), undefined, nowMs).kind;
    expect(['localhost:8083', '127.0.0.1:8083', '[::1]:8083'].map(by)).toEqual([
      'granted',
      'granted',
      'granted',
    ]);
    expect(['rebound.example:8083', '127.0.0.1.evil.example', ''].map(by)).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
  });
});
