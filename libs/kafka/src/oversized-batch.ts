import { randomUUID } from 'node:crypto';
import { type KafkaMessage } from 'kafkajs';
import { headerNames } from './headers';

/** Offsets within the header of a record batch (https://kafka.apache.org/documentation/#recordbatch). */
const header = { bytes: 61, length: 8, magic: 16, lastOffsetDelta: 23, count: 57 } as const;
export const batchHeaderBytes = header.bytes;
/** The length of a batch does not include the base offset and itself. */
const uncountedBytes = 12;
const magic = 2;
/** kafkajs cannot read batches with many more records: it passes all of them to one function as arguments. */
const maxRecords = 100_000;

/** Header of placeholders. It is random, so that no producer can forge a placeholder. */
const marker = `oversized-batch-${randomUUID()}`;

/** What is known of a batch before its records are decompressed. */
export interface BatchHeader {
  baseOffset: bigint;
  lastOffsetDelta: number;
  count: number;
}

/**
 * Returns the header of the batch that compressed records belong to: kafkajs passes them as a part of the batch's memory.
 * Undefined if there is none, as in the formats before Kafka 0.11.
 *
 * Throws if the batch has more records than kafkajs can read. kafkajs would fail only after decompressing all of them.
 */
export function batchHeaderOf(compressed: Buffer): BatchHeader | undefined {
  if (compressed.byteOffset < header.bytes) return undefined;
  const bytes = Buffer.from(compressed.buffer, compressed.byteOffset - header.bytes, header.bytes);
  const isHeader =
    bytes[header.magic] === magic &&
    bytes.readInt32BE(header.length) === header.bytes - uncountedBytes + compressed.length;
  if (!isHeader) return undefined;
  const baseOffset = bytes.readBigInt64BE();
  const count = bytes.readInt32BE(header.count);
  if (count > maxRecords) {
    throw new Error(
      `The batch at offset ${baseOffset} has ${count} records; at most ${maxRecords} can be read. Move the consumer group behind it.`,
    );
  }
  return { baseOffset, lastOffsetDelta: bytes.readInt32BE(header.lastOffsetDelta), count };
}

/**
 * Replaces the decompressed records of a batch by as many records without key and value: kafkajs decodes a batch as a whole,
 * and stops reading the partition at a batch that it cannot decode.
 */
export function placeholdersFor({ baseOffset, lastOffsetDelta, count }: BatchHeader): Buffer {
  const records = Array.from({ length: count - 1 }, (_, n) => recordOf(n, []));
  // A batch that is read from the middle still has its last record.
  records.push(recordOf(lastOffsetDelta, [...bytesOf(marker), ...bytesOf(String(baseOffset))]));
  return Buffer.concat(records);
}

/** Encodes a record without key and value and with at most one header. */
function recordOf(offsetDelta: number, oneHeader: number[]): Buffer {
  const [attributes, timestampDelta, none] = [0, 0, varint(-1)];
  const headers = [...varint(oneHeader.length === 0 ? 0 : 1), ...oneHeader];
  const body = [attributes, timestampDelta, ...varint(offsetDelta), ...none, ...none, ...headers];
  return Buffer.from([...varint(body.length), ...body]);
}

function bytesOf(text: string): number[] {
  return [...varint(text.length), ...Buffer.from(text)];
}

/** Zigzag encoding, seven bits per byte. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/**
 * Replaces the placeholders of each oversized batch by one record, the last one, which has only a header with the offsets of
 * the batch. Calls `onOversized` for each batch.
 */
export function withoutPlaceholders(
  messages: KafkaMessage[],
  onOversized: (firstOffset: number, lastOffset: number) => void = () => undefined,
): KafkaMessage[] {
  // The value is checked first because nearly every record has one.
  const isLast = ({ value, headers }: KafkaMessage): boolean =>
    value === null && headers?.[marker] !== undefined;
  if (!messages.some(isLast)) return messages;
  const found = messages.filter(isLast).map(({ offset, headers }) => ({
    first: Number(String(headers?.[marker])),
    last: Number(offset),
  }));
  return messages.flatMap((message): KafkaMessage[] => {
    const offset = Number(message.offset);
    const batch = found.find(({ first, last }) => offset >= first && offset <= last);
    if (batch === undefined) return [message];
    if (offset < batch.last) return [];
    onOversized(batch.first, batch.last);
    const headers = { [headerNames.oversizedBatch]: `${batch.first}-${batch.last}` };
    return [{ ...message, headers } as KafkaMessage];
  });
}
