import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** API keys of https://kafka.apache.org/protocol#protocol_api_keys. */
const produce = 0;
const fetch = 1;
const apiVersions = 18;

/** The newest version of an API that each release of Kafka introduced, the newest release first. */
const introducedBy: readonly (readonly [release: string, api: number, version: number])[] = [
  ['4.1', produce, 13],
  ['4.0', produce, 12],
  ['3.9', fetch, 17],
  ['3.8', produce, 11],
  ['3.7', fetch, 16],
  ['3.5', fetch, 15],
  ['3.1', fetch, 13],
  ['2.8', produce, 9],
  ['2.4', produce, 8],
];

const timeoutMs = 3_000;
const maxResponseBytes = 64 * 1024;

/**
 * Asks a broker for its API versions, which every listener allows before authentication, and derives the release: brokers do
 * not state their version. kafkajs does not expose the API versions.
 *
 * @param tls false if the listener does not use TLS
 * @returns the first release that has these APIs, such as `3.5`: the broker has this one or a later one that added none of
 *   the APIs known here
 */
export async function brokerVersion(
  { host, port }: { host: string; port: number },
  tls: ConnectionOptions | false,
): Promise<string> {
  const socket =
    tls === false ? connectTcp({ host, port }) : connectTls({ servername: host, ...tls, host, port });
  const timeout = setTimeout(() => socket.destroy(new Error(`no response after ${timeoutMs} ms`)), timeoutMs);
  try {
    socket.write(apiVersionsRequest);
    return releaseOf(parseApiVersions(await readResponse(socket)));
  } finally {
    clearTimeout(timeout);
    socket.destroy();
  }
}

/** ApiVersions request v0: length, API key, API version, correlation id, and a client id of null. */
const apiVersionsRequest = Buffer.alloc(14);
apiVersionsRequest.writeInt32BE(10, 0);
apiVersionsRequest.writeInt16BE(apiVersions, 4);
apiVersionsRequest.writeInt16BE(-1, 12);

async function readResponse(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const length = received.length < 4 ? Infinity : received.readInt32BE(0);
    if (length !== Infinity && (length < 0 || length > maxResponseBytes)) break;
    if (received.length >= 4 + length) return received.subarray(4, 4 + length);
  }
  throw new Error('The broker did not respond with its API versions.');
}

/** Reads a response v0, without its length: correlation id, error code, and key, minimum and maximum version of each API. */
function parseApiVersions(response: Buffer): Map<number, number> {
  const count = response.readInt32BE(6);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const at = 10 + 6 * i;
      return [response.readInt16BE(at), response.readInt16BE(at + 4)];
    }),
  );
}

/** @param maxVersions the maximum version of each API */
export function releaseOf(maxVersions: ReadonlyMap<number, number>): string {
  const known = introducedBy.find(([, api, version]) => (maxVersions.get(api) ?? -1) >= version);
  return known?.[0] ?? 'before 2.4';
}
