import { KafkaUnavailableError, type ProducedRecord, type RecordProducer } from '@app/kafka';

/**
 * Gives Kafka so long and no longer: RevenueCat must have an answer.
 * Records that arrive after all are repeats of what RevenueCat sends again, and are found as such.
 */
export function produceInTime(
  producer: RecordProducer,
  timeoutMs: number,
): (records: readonly ProducedRecord[]) => Promise<void> {
  return async (records) => {
    const sent = producer.send(records);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new KafkaUnavailableError(`Kafka did not answer within ${timeoutMs} ms.`));
      }, timeoutMs);
    });
    try {
      await Promise.race([sent, late]);
    } finally {
      clearTimeout(timer);
      // After a timeout nobody waits for it any more.
      sent.catch(() => undefined);
    }
  };
}
