import { type IncomingMessage } from 'node:http';

/** A body as it came over the wire. */
export interface RawBody {
  bytes: Buffer;
  /** There was more than is kept. */
  isTruncated: boolean;
}

/** As much as a dead letter holds. */
const maxKeptBytes = 8 * 1024 * 1024;
/** Beyond this nobody is listened to. */
const maxReadBytes = 64 * 1024 * 1024;

export async function readRawBody(stream: IncomingMessage): Promise<RawBody> {
  const kept: Buffer[] = [];
  let read = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (read < maxKeptBytes) kept.push(chunk.subarray(0, maxKeptBytes - read));
    read += chunk.length;
    if (read > maxReadBytes) break;
  }
  return { bytes: Buffer.concat(kept), isTruncated: read > maxKeptBytes };
}
