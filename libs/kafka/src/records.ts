import { type IHeaders, type KafkaMessage } from 'kafkajs';

/** A record read from Kafka. Header values are text; the offset is a number, exact up to 2^53. */
export interface ConsumedRecord {
  topic: string;
  partition: number;
  offset: number;
  timestampMs: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
  /** Size of the headers in bytes. */
  headerBytes?: number;
}

/** A record to write. All records of one key keep their order. */
export interface ProducedRecord {
  topic: string;
  /** The key's own partition unless given. */
  partition?: number;
  key: Buffer | string | null;
  value: Buffer | string | null;
  headers?: Record<string, string>;
}

/** A record as it was fetched. Its headers become text when they are asked for. */
export class FetchedRecord implements ConsumedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headerBytes: number;
  private rawHeaders: IHeaders | undefined;
  private text: Record<string, string> | undefined;

  /** @param copy takes the record out of the fetch response, all of which it would otherwise keep in memory */
  constructor(
    readonly topic: string,
    readonly partition: number,
    { offset, timestamp, key, value, headers }: KafkaMessage,
    copy: boolean,
  ) {
    this.offset = Number(offset);
    this.timestampMs = Number(timestamp);
    this.key = copy ? copyOf(key) : key;
    this.value = copy ? copyOf(value) : value;
    this.headerBytes = sizeOfHeaders(headers);
    if (copy) this.text = textHeaders(headers);
    else this.rawHeaders = headers;
  }

  get headers(): Readonly<Record<string, string>> {
    return (this.text ??= textHeaders(this.rawHeaders));
  }
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function sizeOfHeaders(headers: IHeaders | undefined): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name];
    for (const one of Array.isArray(value) ? value : [value]) bytes += name.length + (one?.length ?? 0);
  }
  return bytes;
}

export function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    // Kafka allows a header without a value, which kafkajs's types do not.
    text[name] = (last as Buffer | string | null | undefined)?.toString() ?? '';
  }
  return text;
}

/** What the objects that a record in hand is handled with take, estimated. */
const objectBytes = 1_000;

/** Memory that a record in hand takes. */
export function bytesInHand({
  key,
  value,
  headerBytes = 0,
}: Pick<ConsumedRecord, 'key' | 'value' | 'headerBytes'>): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes + objectBytes;
}

/** What the broker adds to key, value and headers of a record at most, and to a batch. */
const overheadBytes = 100;

/** Bytes that a record takes in a request, or a little more. */
export function sizeOf({ key, value, headers = {} }: ProducedRecord): number {
  let bytes = overheadBytes + lengthOf(key) + lengthOf(value);
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 6;
  return bytes;
}

function lengthOf(data: Buffer | string | null): number {
  if (data === null) return 0;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}
