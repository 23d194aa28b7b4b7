import { BlockList, isIP, isIPv6 } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Addresses that no receiver has. Among them are those at which clouds hand out credentials. */
const reserved = new BlockList();
reserved.addSubnet('0.0.0.0', 8);
reserved.addSubnet('169.254.0.0', 16);
reserved.addSubnet('224.0.0.0', 3);
reserved.addAddress('::', 'ipv6');
reserved.addSubnet('fe80::', 10, 'ipv6');
reserved.addSubnet('ff00::', 8, 'ipv6');
reserved.addAddress('fd00:ec2::254', 'ipv6');

const maxLength = 2_000;

/**
 * Returns why messages must not be sent to a URL; undefined if they may.
 *
 * @param allowsLoopback true if the console itself is reachable from this machine only
 */
export function channelUrlProblem(text: string, allowsLoopback: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null || text.length > maxLength)
    return 'The URL is invalid: enter one such as https://example.com/hook.';
  if (url.username !== '' || url.password !== '')
    return 'The URL contains a user name or a password: use a URL without them.';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = host === 'localhost' || isLoopback(host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal && allowsLoopback))
    return 'The URL must begin with https://.';
  return isLocal && !allowsLoopback
    ? addressProblem('127.0.0.1', false)
    : literalProblem(host, allowsLoopback);
}

/** Returns why messages must not be sent to an IP address; undefined if they may. */
export function addressProblem(address: string, allowsLoopback: boolean): string | undefined {
  if (reserved.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') || (!allowsLoopback && isLoopback(address)))
    return 'The URL leads to an address of this machine or to a reserved address.';
  return undefined;
}

function literalProblem(host: string, allowsLoopback: boolean): string | undefined {
  return isIP(host) === 0 ? undefined : addressProblem(host, allowsLoopback);
}

function isLoopback(host: string): boolean {
  return isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
