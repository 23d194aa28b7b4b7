import { type Span } from '@opentelemetry/api';
import { type IHeaders, type KafkaMessage } from 'kafkajs';

/** A record read from Kafka. Header values are text. Offsets are numbers, exact up to 2^53. */
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
  /** Span of its processing, if tracing is on. It ends when the record is acked or left. */
  span?: Span | undefined;
}

/** A record to write. Records with the same key keep their order. */
export interface ProducedRecord {
  topic: string;
  /** If absent, the partition of the key. */
  partition?: number;
  key: Buffer | string | null;
  value: Buffer | string | null;
  headers?: Record<string, string>;
}

/** A fetched record. Unless it is copied, its headers are converted to text on first access. */
export class FetchedRecord implements ConsumedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headerBytes: number;
  span: Span | undefined;
  private rawHeaders: IHeaders | undefined;
  private text: Record<string, string> | undefined;

  /** @param copy copies the record out of the fetch response, which it would otherwise keep in memory as a whole */
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

/** Estimated memory of the objects that exist for each record. */
const objectBytes = 1_000;

/** Estimated memory of a record that is being handled. */
export function memorySizeOf({
  key,
  value,
  headerBytes = 0,
}: Pick<ConsumedRecord, 'key' | 'value' | 'headerBytes'>): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes + objectBytes;
}

/** Upper bound of what the record and batch formats add to key, value and headers. */
const overheadBytes = 100;

/** Size of a record in a request, in bytes, or slightly more. */
export function sizeOf({ key, value, headers = {} }: ProducedRecord): number {
  let bytes = overheadBytes + lengthOf(key) + lengthOf(value);
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 6;
  return bytes;
}

function lengthOf(data: Buffer | string | null): number {
  if (data === null) return 0;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}
