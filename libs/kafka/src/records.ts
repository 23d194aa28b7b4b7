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

/** A record as it was fetched. Its headers become text when somebody asks for them. */
export class FetchedRecord implements ConsumedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  private text: Record<string, string> | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly message: KafkaMessage,
  ) {
    this.offset = Number(message.offset);
    this.timestampMs = Number(message.timestamp);
    this.key = message.key;
    this.value = message.value;
  }

  get headers(): Readonly<Record<string, string>> {
    return (this.text ??= textHeaders(this.message.headers));
  }
}

export function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    // A header without a value is null here, whatever the type says.
    if (last !== undefined && (last as unknown) !== null) text[name] = last.toString();
  }
  return text;
}

/** What a record in hand is counted as, its headers and bookkeeping estimated. */
export function bytesInHand({ key, value }: Pick<ConsumedRecord, 'key' | 'value'>): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 100;
}
