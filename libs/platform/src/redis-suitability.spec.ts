import { redisSuitability, safetyOf } from './redis-suitability';

const info = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');

describe('the suitability of a Redis', () => {
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

describe('the safety of a Redis', () => {
  const safe = { maxmemory_policy: 'noeviction', aof_enabled: '1', aof_last_write_status: 'ok' };

  it('depends on its eviction policy', () => {
    expect(safetyOf(info(safe)).evictsKeys).toBe(false);
    expect(safetyOf(info({ ...safe, maxmemory_policy: 'volatile-lru' })).evictsKeys).toBe(true);
  });

  it('depends on an append-only file that can be written, or a replica', () => {
    const isDurable = (fields: Record<string, string>): boolean =>
      safetyOf(info({ ...safe, ...fields })).isDurable;
    expect(isDurable({})).toBe(true);
    expect(isDurable({ aof_enabled: '0', connected_slaves: '0' })).toBe(false);
    expect(isDurable({ aof_enabled: '0', connected_slaves: '1' })).toBe(true);
    expect(isDurable({ aof_last_write_status: 'err', connected_slaves: '0' })).toBe(false);
  });

  it('depends on the memory that is left, of the limit or of the machine', () => {
    const memoryUsed = (fields: Record<string, string>): number =>
      safetyOf(info({ ...safe, ...fields })).memoryUsed;
    expect(memoryUsed({ used_memory: '50', maxmemory: '200', total_system_memory: '1000' })).toBe(0.25);
    expect(memoryUsed({ used_memory: '50', maxmemory: '0', total_system_memory: '1000' })).toBe(0.05);
    expect(memoryUsed({})).toBe(0);
  });

  it('is assumed if the service does not show it', () => {
    expect(safetyOf('redis_version:7.4.2\r\n')).toEqual({
      evictsKeys: false,
      isDurable: true,
      memoryUsed: 0,
    });
  });
});
