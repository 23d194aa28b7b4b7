import { ConfigError } from './config';

export interface HostAndPort {
  host: string;
  port: number;
}

interface Access {
  username?: string | undefined;
  password?: string | undefined;
  isTls: boolean;
}

/** Address of Redis: one server, the nodes of a Redis Cluster, or the Sentinels that know the master. */
export type RedisAddress =
  | { kind: 'single'; url: string; isTls: boolean }
  | ({ kind: 'cluster'; nodes: HostAndPort[] } & Access)
  | ({ kind: 'sentinel'; sentinels: HostAndPort[]; masterName: string; db: number } & Access);

const sentinelUrl = /^redis(s?)\+sentinel:\/\/(?:(.*)@)?([^@/]+)\/([^/]+)(?:\/(\d+))?$/;

/**
 * Reads the items of REDIS_URL:
 *
 *     redis[s]://[[user]:password@]host[:6379][/db]                                   one server
 *     redis[s]://[[user]:password@]host[:6379],redis[s]://host[:6379],…               nodes of one Redis Cluster
 *     redis[s]+sentinel://[[user]:password@]host[:26379],host[:26379],…/master[/db]   Sentinels
 *
 * All nodes of a cluster, including those discovered later, have the credentials and the TLS of the first. The credentials in
 * the address of Sentinels are those of the master. Throws {@link ConfigError}, without the credentials.
 */
export function parseRedisAddress(items: readonly string[]): RedisAddress {
  const [first = '', ...rest] = items;
  if (first.includes('+sentinel://')) return parseSentinels(items.join(','));
  const urls = items.map((item) => {
    if (!/^rediss?:\/\//.test(item))
      throw invalidAddress('Every address must begin with redis:// or rediss://');
    return parseUrl(item);
  });
  const [{ username, password, protocol } = parseUrl(first), ...others] = urls;
  if (rest.length === 0) {
    credentials(username, password);
    return { kind: 'single', url: first, isTls: protocol === 'rediss:' };
  }
  for (const other of others) {
    if (other.protocol !== protocol)
      throw invalidAddress(
        'The addresses of a Redis Cluster must all begin with redis://, or all with rediss://',
      );
    if (
      (other.username !== '' || other.password !== '') &&
      (other.username !== username || other.password !== password)
    )
      throw invalidAddress('All nodes of a Redis Cluster must have the same credentials');
  }
  return {
    kind: 'cluster',
    nodes: urls.map((url) => hostAndPort(url, 6_379)),
    ...credentials(username, password),
    isTls: protocol === 'rediss:',
  };
}

function parseSentinels(url: string): RedisAddress {
  const match = sentinelUrl.exec(url);
  if (match === null) {
    throw invalidAddress(
      'The format for Sentinels is redis+sentinel://user:password@host:26379,host:26379/master-name',
    );
  }
  const [, tls, userInfo = '', hosts = '', masterName = '', db = '0'] = match;
  const { username, password } = parseUrl(`redis://${userInfo}@host`);
  return {
    kind: 'sentinel',
    sentinels: hosts.split(',').map((host) => hostAndPort(parseUrl(`redis://${host}`), 26_379)),
    masterName: decoded(masterName),
    db: Number(db),
    ...credentials(username, password),
    isTls: tls === 's',
  };
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw notPercentEncoded();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw notPercentEncoded();
  }
}

function notPercentEncoded(): ConfigError {
  return invalidAddress(
    'It has an invalid address. Characters such as @ : / , % in a password must be percent-encoded',
  );
}

function hostAndPort({ hostname, port }: URL, usualPort: number): HostAndPort {
  if (hostname === '') throw invalidAddress('A host is missing');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usualPort : Number(port) };
}

function credentials(username: string, password: string): Pick<Access, 'username' | 'password'> {
  if (username !== '' && password === '') throw invalidAddress('There is a user name without a password');
  return {
    username: username === '' ? undefined : decoded(username),
    password: password === '' ? undefined : decoded(password),
  };
}

function invalidAddress(why: string): ConfigError {
  return new ConfigError(`REDIS_URL is invalid. ${why}.`);
}
