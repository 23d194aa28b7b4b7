import {
  KafkaUnavailableError,
  type ProducedRecord,
  type RecordProducer,
  RecordsRejectedError,
  writeOutcomes,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { type MapContext, type MappingOutcome, replaceOversized } from './outgoing-records';
import { type InvalidRecord, type ValidRecord } from './parsed-record';

export interface WritePorts {
  producer: Pick<RecordProducer, 'send'>;
  logger: Logger;
}

/** A record and its outcomes. */
export interface Output {
  parsed: ValidRecord | InvalidRecord;
  outcomes: readonly MappingOutcome[];
}

export type WriteResult =
  /** With the outcomes as they were written. */
  | { kind: 'written'; outputs: readonly Output[] }
  /** Kafka did not accept the deliveries within the producer's deadline. Some may have been written. */
  | { kind: 'deliveries_unavailable'; error: KafkaUnavailableError; deliveries: readonly ProducedRecord[] };

/**
 * Writes the records of one project. Resolves with `written` when all of them are acknowledged. Deliveries that Kafka rejects
 * as too large are replaced by a dead letter of their event. Rejects if a dead letter or a receipt cannot be written.
 *
 * Dead letters and receipts are written after the deliveries, so that they are not repeated while the deliveries cannot be
 * written.
 */
export async function write(
  outputs: readonly Output[],
  context: MapContext,
  { producer, logger }: WritePorts,
): Promise<WriteResult> {
  const deliveries = outputs.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) => (outcome.kind === 'mapped' ? [outcome.delivery] : [])),
  );
  let written = outputs;
  try {
    if (deliveries.length > 0) await producer.send(deliveries);
  } catch (error) {
    if (error instanceof KafkaUnavailableError) return { kind: 'deliveries_unavailable', error, deliveries };
    if (!(error instanceof RecordsRejectedError)) throw error;
    const rejected = new Set(error.rejected.map(({ record }) => record));
    const isRejected = (delivery: ProducedRecord): boolean => rejected.has(delivery);
    written = outputs.map(({ parsed, outcomes }) => ({
      parsed,
      outcomes: replaceOversized(parsed, outcomes, isRejected, context),
    }));
  }
  const others = written.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) => (outcome.kind === 'mapped' ? [] : outcome.records)),
  );
  if (others.length > 0) await writeOutcomes(producer, others, logger);
  return { kind: 'written', outputs: written };
}
