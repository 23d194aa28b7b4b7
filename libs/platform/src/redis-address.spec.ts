import { ConfigError } from './config';
import { parseRedisAddress } from './redis-address';

const parse = (text: string) => parseRedisAddress(text.split(','));

describe('REDIS_URL', () => {
  it('can be a single server', () => {
    const url = 'rediss://:pw@redis:6380/2';
    expect(parse(url)).toEqual({ kind: 'single', url, isTls: true });
  });

  it('can be a cluster, whose nodes have the credentials and the TLS of the first', () => {
    expect(parse('rediss://app:p%40w@one:7001,rediss://two,rediss://[::1]:7003')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'one', port: 7001 },
        { host: 'two', port: 6379 },
        { host: '::1', port: 7003 },
      ],
      username: 'app',
      password: 'p@w',
      isTls: true,
    });
  });

  it('can be the Sentinels of a master', () => {
    expect(parse('redis+sentinel://:p%2Cw@one,two:26380/mymaster/3')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 'one', port: 26379 },
        { host: 'two', port: 26380 },
      ],
      masterName: 'mymaster',
      db: 3,
      password: 'p,w',
      isTls: false,
    });
    expect(parse('rediss+sentinel://one/mymaster')).toMatchObject({ db: 0, isTls: true });
  });

  it.each([
    'redis+sentinel://one,two',
    'redis+sentinel:///mymaster',
    'redis+sentinel://:secret@one:port/mymaster',
    'redis://:secret@one,two',
    'redis://:sec@ret@one:x,redis://two',
    'http://:secret@one',
    'redis://secret@one',
    'redis+sentinel://secret@one/mymaster',
    'rediss://:secret@one,redis://two',
    'redis://:secret@one,redis://:other@two',
    'redis://:secret%@one',
    'redis://sec%zzret:pw@one,redis://two',
    'redis+sentinel://:secret%@one/mymaster',
    'redis+sentinel://:secret@one/my%master',
  ])('is rejected without showing the password: %s', (text) => {
    expect(() => parse(text)).toThrow(ConfigError);
    expect(() => parse(text)).not.toThrow(/sec/);
  });
});
