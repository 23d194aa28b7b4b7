import { addressProblem, channelUrlProblem } from './channel-url';

describe('the URL of a channel', () => {
  it.each(['https://hooks.slack.com/services/T/B/x', 'https://10.0.0.7:8443/hook', 'https://[fd12::7]/hook'])(
    'may be %s',
    (url) => {
      expect(channelUrlProblem(url, false)).toBeUndefined();
    },
  );

  it.each([
    'hook',
    'ftp://example.com/hook',
    'http://example.com/hook',
    'http://localhost:8080/hook',
    'https://user:password@example.com/hook',
    'https://localhost/hook',
    'https://127.0.0.2/hook',
    'https://2130706433/hook',
    'https://[::1]/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://0.0.0.0/hook',
  ])('may not be %s', (url) => {
    expect(channelUrlProblem(url, false)).toEqual(expect.any(String));
  });

  it('may be a loopback address, also without TLS, if only this machine reaches the console', () => {
    expect(channelUrlProblem('http://127.0.0.1:9000/hook', true)).toBeUndefined();
    expect(channelUrlProblem('http://[::1]:9000/hook', true)).toBeUndefined();
    expect(channelUrlProblem('http://localhost:9000/hook', true)).toBeUndefined();
    expect(channelUrlProblem('http://10.0.0.7/hook', true)).toEqual(expect.any(String));
    expect(channelUrlProblem('https://169.254.169.254/hook', true)).toEqual(expect.any(String));
  });

  it('may not resolve to an address of this machine or to a reserved address', () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', 'fe80::1', '0.0.0.0'])
      expect([address, addressProblem(address, false)]).toEqual([address, expect.any(String)]);
    expect(addressProblem('192.0.2.1', false)).toBeUndefined();
  });
});
