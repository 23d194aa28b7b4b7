import { RecordProducer } from '@app/kafka';
import { createLogger } from '@app/platform';
import { customerKey } from '@app/revenuecat';
import { type KafkaClient, type Pipeline } from '../pipeline';
import { type JourneyEvent } from './sample-journey';

/** Sends the events one after the other. Gives the time at which each was sent, by event id. */
export async function sendJourney(
  journey: readonly JourneyEvent[],
  { ingestUrl, authorization, topics }: Pipeline,
  kafka: KafkaClient,
): Promise<Map<string, number>> {
  const producer = new RecordProducer(kafka, createLogger('start', 'silent'));
  await producer.connect();
  const sentAtMs = new Map<string, number>();
  try {
    for (const event of journey) {
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

async function post({ type, body }: JourneyEvent, ingestUrl: string, authorization: string): Promise<void> {
  const answer = await fetch(`${ingestUrl}/v1/webhooks/revenuecat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  });
  if (answer.status !== 200) {
    throw new Error(
      `The webhook endpoint responded with ${answer.status} to ${type}: ${await answer.text()}`,
    );
  }
}
