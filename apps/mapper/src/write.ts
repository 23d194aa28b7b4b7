import {
  KafkaUnavailableError,
  type ProducedRecord,
  projectOfDeliveriesTopic,
  type RecordProducer,
  RecordsRefusedError,
  writeOutcomes,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type Readable, type Unusable } from './arrival';
import { asDeadLetter, deadLettersOf, type Writing } from './outgoing-records';

export interface WritePorts {
  producer: Pick<RecordProducer, 'send'>;
  logger: Logger;
}

/** An event, and the records that it became. */
export interface Output {
  arrival: Readable | Unusable;
  records: readonly ProducedRecord[];
}

export type WriteResult =
  | { kind: 'written' }
  /** Kafka did not accept the deliveries within the producer's deadline. Some may have been written. */
  | { kind: 'deliveries_unavailable'; error: KafkaUnavailableError; deliveries: readonly ProducedRecord[] };

/**
 * Writes the records of one project. Resolves with `written` when all of them are acknowledged. Deliveries that Kafka refuses
 * as too large are replaced by a dead letter of their event. Rejects if a dead letter or a receipt could not be written.
 *
 * Dead letters and receipts follow the deliveries: they are not repeated while the deliveries cannot be written.
 */
export async function write(
  outputs: readonly Output[],
  writing: Writing,
  { producer, logger }: WritePorts,
): Promise<WriteResult> {
  const { deliveries = [], outcomes = [] } = Object.groupBy(
    outputs.flatMap(({ records }) => records),
    ({ topic }) =>
      projectOfDeliveriesTopic(writing.topics, topic) === undefined ? 'outcomes' : 'deliveries',
  );
  try {
    if (deliveries.length > 0) await producer.send(deliveries);
  } catch (error) {
    if (error instanceof KafkaUnavailableError) return { kind: 'deliveries_unavailable', error, deliveries };
    if (!(error instanceof RecordsRefusedError)) throw error;
    const refused = new Set(error.refused.map(({ record }) => record));
    for (const { arrival, records } of outputs) {
      const deliveries = records.filter((record) => refused.has(record));
      if (deliveries.length === 0) continue;
      const isWhole = deliveries.length === records.length;
      for (const deadLetter of deadLettersOf(arrival, { deliveries, isWhole }, tooLarge))
        outcomes.push(...asDeadLetter(deadLetter, writing));
    }
  }
  if (outcomes.length > 0) await writeOutcomes(producer, outcomes, logger);
  return { kind: 'written' };
}

const tooLarge = {
  reason: 'too_large',
  detail: `Kafka refuses the event with what is known of the customer. Compare the topic's max.message.bytes with TOPIC_MAX_MESSAGE_BYTES.`,
};
