import { RecordProducer } from '@app/kafka';
import { createLogger } from '@app/platform';
import { customerKey } from '@app/revenuecat';
import { type KafkaClient, type Pipeline } from '../pipeline';
import { type SampleEvent } from './sample-events';

/** Sends the events one after the other. Returns the time at which each was sent, by event id. */
export async function sendSamples(
  samples: readonly SampleEvent[],
  { ingestUrl, authorization, topics }: Pipeline,
  kafka: KafkaClient,
): Promise<Map<string, number>> {
  const producer = new RecordProducer(kafka, createLogger('start', 'silent'));
  await producer.connect();
  const sentAtMs = new Map<string, number>();
  try {
    for (const event of samples) {
      sentAtMs.set(event.id, Date.now());
      if (event.via === 'webhook') await post(event, ingestUrl, authorization);
      else {
        const key = customerKey(process.env['PROJECT_ID'] ?? 'default', event.keyId);
        await producer.send([{ topic: topics.events, key, value: event.body }]);
      }
    }
  } finally {
    await producer.disconnect();
  }
  return sentAtMs;
}

async function post({ type, body }: SampleEvent, ingestUrl: string, authorization: string): Promise<void> {
  const response = await fetch(`${ingestUrl}/v1/webhooks/revenuecat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  });
  if (response.status !== 200) {
    throw new Error(
      `The webhook endpoint responded with ${response.status} to ${type}: ${await response.text()}`,
    );
  }
}
