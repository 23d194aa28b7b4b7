import { CompressionTypes, type Message } from 'kafkajs';
import { type KafkaClient } from '@app/kafka';

/** Writes as other producers may: several batches in one request, compression, transactions, unusual headers. */

export const codecs = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** Writes one batch for each partition. */
export async function produceBatch(
  kafka: KafkaClient,
  topic: string,
  messages: Message[],
  codec?: keyof typeof codecs,
): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages, ...(codec !== undefined && { compression: codecs[codec] }) });
  } finally {
    await producer.disconnect();
  }
}

/** Writes one transaction. Kafka may write its marker slightly later. */
export async function produceInTransaction(
  kafka: KafkaClient,
  topic: string,
  end: 'commit' | 'abort',
  messages: Message[],
): Promise<void> {
  const producer = kafka.producer({
    transactionalId: `of.${topic}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    await transaction[end]();
  } finally {
    await producer.disconnect();
  }
}

/** Writes a record with a header that has no value, which kafkajs does not support (tulios/kafkajs#1789). */
export async function produceWithNullHeader(
  kafka: KafkaClient,
  topic: string,
  message: Message,
  headerName: string,
): Promise<void> {
  // kafkajs reads the length of header values before it checks for null.
  const byteLength = Buffer.byteLength.bind(Buffer);
  const measured = jest
    .spyOn(Buffer, 'byteLength')
    .mockImplementation((value, encoding) => ((value as unknown) === null ? 0 : byteLength(value, encoding)));
  try {
    const headers = { ...message.headers, [headerName]: null as unknown as string };
    await produceBatch(kafka, topic, [{ ...message, headers }]);
  } finally {
    measured.mockRestore();
  }
}
