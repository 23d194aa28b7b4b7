import { evaluateEndpoint } from './evaluate-endpoint';

const statsig = {
  name: 'Statsig',
  url: 'https://api.statsig.com/path?key=secret',
  setting: 'STATSIG_BASE_URL',
  isNeeded: true,
} as const;

const failedWith = (code: string) => ({
  kind: 'failed' as const,
  cause: Object.assign(new Error('failed'), { code }),
});

describe('the evaluation of an endpoint', () => {
  it('accepts any response', () => {
    expect(evaluateEndpoint(statsig, { kind: 'reached', status: 404, elapsedMs: 12.3 })).toEqual({
      level: 'ok',
      subject: 'Statsig',
      found: 'https://api.statsig.com is reachable: it responded with 404 in 12 ms.',
    });
  });

  it.each([
    ['ENOTFOUND', 'cannot be resolved', 'STATSIG_BASE_URL'],
    ['ECONNREFUSED', 'refuses connections', 'STATSIG_BASE_URL'],
    ['UND_ERR_CONNECT_TIMEOUT', 'does not respond', 'firewall'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS fails', 'protocol'],
    ['EHOSTUNREACH', 'cannot be reached', 'network'],
  ])('explains %s', (code, found, action) => {
    expect(evaluateEndpoint(statsig, failedWith(code))).toEqual({
      level: 'error',
      subject: 'Statsig',
      found: expect.stringContaining(found) as unknown,
      action: expect.stringContaining(action) as unknown,
    });
  });

  it('only warns if no integration needs it, and shows no path or query', () => {
    const finding = evaluateEndpoint({ ...statsig, isNeeded: false }, failedWith('ENOTFOUND'));
    expect(finding).toMatchObject({ level: 'warning' });
    expect(finding.found).not.toContain('secret');
  });
});
