import {
  headerNames,
  type ProducedRecord,
  projectOfDeliveriesTopic,
  type RecordProducer,
  RecordsRefusedError,
  type RefusedRecord,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type Readable, type Unusable } from './arrival';
import * as metrics from './mapper.metrics';
import { asDeadLetter, unusable, type Writing } from './outgoing-records';

export interface WritePorts {
  producer: Pick<RecordProducer, 'send'>;
  logger: Pick<Logger, 'error'>;
}

/**
 * Resolves when the records are acknowledged. Those that Kafka refuses for good are replaced: deliveries by a dead letter of
 * their event, a dead letter by a shortened one. Receipts are dropped.
 */
export async function write(
  records: readonly ProducedRecord[],
  arrival: Readable | Unusable,
  writing: Writing,
  ports: WritePorts,
): Promise<void> {
  const { topics } = writing;
  const refused = await send(records, ports);
  const delivery = refused.find(
    ({ record: { topic } }) => projectOfDeliveriesTopic(topics, topic) !== undefined,
  );
  if (delivery !== undefined) {
    const detail = `Kafka refuses the event with what is known of the customer. Compare the topic's max.message.bytes with TOPIC_MAX_MESSAGE_BYTES.`;
    await write(asDeadLetter(unusable(arrival, delivery.reason, detail), writing), arrival, writing, ports);
  }
  const deadLetters = refused.filter(({ record }) => record.topic === topics.eventsDeadLetter);
  const dropped = [
    ...refused.filter(({ record }) => record.topic === topics.receipts),
    ...(await send(
      deadLetters.map(({ record }) => shortened(record)),
      ports,
    )),
  ];
  for (const { record, reason } of dropped) {
    metrics.recordsDropped.inc({ topic: record.topic });
    ports.logger.error(
      { topic: record.topic, headers: record.headers, reason },
      'record refused by Kafka, dropped',
    );
  }
}

/** Returns what Kafka refuses for good. */
async function send(
  records: readonly ProducedRecord[],
  { producer }: WritePorts,
): Promise<readonly RefusedRecord[]> {
  try {
    await producer.send(records);
    return [];
  } catch (error) {
    if (error instanceof RecordsRefusedError) return error.refused;
    throw error;
  }
}

const maxShortenedValueBytes = 64 * 1024;
const maxShortenedTextLength = 1_024;

/** The beginning of a dead letter, with the pipeline's own headers only: small enough for any topic. */
function shortened({ topic, key, value, headers = {} }: ProducedRecord): ProducedRecord {
  const own = Object.values(headerNames).flatMap((name) => {
    const text = headers[name];
    return text === undefined ? [] : [[name, text.slice(0, maxShortenedTextLength)] as const];
  });
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return {
    topic,
    key: key !== null && key.length > maxShortenedTextLength ? null : key,
    value: bytes?.subarray(0, maxShortenedValueBytes) ?? null,
    headers: { ...Object.fromEntries(own), [headerNames.deadLetterTruncated]: 'true' },
  };
}
