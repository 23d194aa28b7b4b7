import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '@tools/stack';
import { byCustomer, type Renewal } from './renewals';

const acceptedWithinMs = 120_000;

/** Posts each event like RevenueCat: repeatedly until it is accepted, and only then the next event of the customer. */
export async function sendToWebhook(ingestUrl: string, events: readonly Renewal[]): Promise<void> {
  await Promise.all(
    [...byCustomer(events).values()].map(async (ofCustomer) => {
      for (const event of ofCustomer) {
        await until(() => post(ingestUrl, event), { timeoutMs: acceptedWithinMs });
      }
    }),
  );
}

async function post(ingestUrl: string, { envelope }: Renewal): Promise<void> {
  const response = await fetch(`${ingestUrl}/v1/webhooks/revenuecat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer local' },
    body: JSON.stringify(envelope),
  });
  if (!response.ok) throw new Error(`the webhook got ${response.status}: ${await response.text()}`);
}

/** Writes the events to the topic with an independent producer. */
export async function sendToTopic(brokers: string, events: readonly Renewal[]): Promise<void> {
  const kcat = spawn(
    'kcat',
    [
      ...['-P', '-b', brokers, '-t', 'revenuecat.events', '-K', '\t'],
      // The partitioner of Kafka's own clients; kcat's default differs.
      ...['-X', 'acks=all', '-X', 'topic.partitioner=murmur2_random'],
    ],
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
  const exited = once(kcat, 'exit');
  kcat.stdin.end(
    events.map(({ customer, envelope }) => `${customer}\t${JSON.stringify(envelope)}\n`).join(''),
  );
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`kcat exited with ${code}`);
}
