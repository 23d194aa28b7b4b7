import { silentLogger } from '@app/testing';
import { ConfigError } from './config';
import { connectRedis, type RedisConfig } from './redis';

describe('contradictory settings of Redis', () => {
  it.each<[string, RedisConfig, string]>([
    [
      'a password of Sentinels without Sentinels',
      { REDIS_URL: ['redis://redis'], REDIS_SENTINEL_PASSWORD: 'hidden' },
      'REDIS_SENTINEL_PASSWORD: It has no effect',
    ],
    [
      'a user of Sentinels without a password',
      { REDIS_URL: ['redis+sentinel://one/mymaster'], REDIS_SENTINEL_USERNAME: 'app' },
      'REDIS_SENTINEL_PASSWORD: Set it',
    ],
    [
      'an authority without TLS',
      { REDIS_URL: ['redis://redis'], REDIS_SSL_CA: 'hidden' },
      'REDIS_SSL_CA: It has no effect without TLS. Use rediss:// in REDIS_URL',
    ],
    [
      'a certificate without its key',
      { REDIS_URL: ['rediss://redis'], REDIS_SSL_CERT: 'hidden' },
      'REDIS_SSL_KEY: Set it',
    ],
  ])('are rejected: %s', (_what, config, message) => {
    const connect = () => connectRedis(config, silentLogger);
    expect(connect).toThrow(ConfigError);
    expect(connect).toThrow(message);
    expect(connect).not.toThrow(/hidden/);
  });
});
