import { redisSuitability } from './redis-suitability';

describe('the suitability of a Redis', () => {
  const info = (fields: Record<string, string>): string =>
    Object.entries(fields)
      .map(([name, value]) => `${name}:${value}\r\n`)
      .join('');

  it.each(['6.2.14', '5.0.7'])('excludes version %s', (version) => {
    expect(redisSuitability(info({ redis_version: version }), false)).toEqual({
      problem: `has version ${version}.`,
      action: 'Use Redis 7.0 or newer.',
    });
  });

  it.each(['7.0.0', '7.4.2', '8.2.1', '10.0.0'])('includes version %s', (version) => {
    expect(
      redisSuitability(info({ redis_version: version, maxmemory_policy: 'noeviction' }), false),
    ).toBeUndefined();
  });

  it('excludes the only given node of a cluster', () => {
    const node = info({ redis_version: '7.4.2', cluster_enabled: '1' });
    expect(redisSuitability(node, false)?.action).toContain('Set REDIS_URL to two or more');
    expect(redisSuitability(node, true)).toBeUndefined();
  });
});
