import { randomUUID } from 'node:crypto';
import { until } from '@tools/stack';
import { fixture } from '../start/samples/fixture';
import { type RunningPipeline } from '../start/ready-file';

/** Time for one event; the whole check takes less than 30 s. */
const timeoutMs = 25_000;

/**
 * Posts an event of a new customer and waits until the simulated Statsig has received it.
 * Throws if it is not accepted, not received in time or received more than once.
 */
export async function deliverOne({
  ingestUrl,
  simulatorUrl,
  authorization,
}: Pick<RunningPipeline, 'ingestUrl' | 'simulatorUrl' | 'authorization'>): Promise<{
  eventId: string;
  deliveredInMs: number;
}> {
  const eventId = randomUUID().toUpperCase();
  const sentAtMs = Date.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(`${ingestUrl}/v1/webhooks/revenuecat`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(await renewal(eventId, sentAtMs)),
    signal,
  }).catch((error: unknown) => {
    throw new Error(
      `failed to post a webhook to ${ingestUrl}. Start the pipeline, or wait until ingest is ready, and try again.`,
      { cause: error },
    );
  });
  if (!response.ok) throw new Error(`ingest responded with ${response.status}: ${await response.text()}`);
  const received = await until(
    async () => {
      const page = await fetch(`${simulatorUrl}/_sim/events?summary=true&id=${eventId}`, { signal });
      const { events } = (await page.json()) as { events: { receivedAtMs: number }[] };
      const [first] = events;
      if (first === undefined) {
        throw new Error(
          `ingest accepted event ${eventId}, but Statsig has not received it after ${timeoutMs / 1000} s. The console shows its status.`,
        );
      }
      return { first, count: events.length };
    },
    { timeoutMs: timeoutMs - (Date.now() - sentAtMs) - 1_000 },
  );
  if (received.count > 1) throw new Error(`Statsig received event ${eventId} ${received.count} times.`);
  return { eventId, deliveredInMs: received.first.receivedAtMs - sentAtMs };
}

async function renewal(eventId: string, nowMs: number): Promise<object> {
  const { api_version, event } = await fixture('renewal');
  const customer = `smoke-${eventId}`;
  return {
    api_version,
    event: {
      ...event,
      ...{ id: eventId, event_timestamp_ms: nowMs, environment: 'SANDBOX' },
      ...{ app_user_id: customer, original_app_user_id: customer, aliases: [customer] },
      subscriber_attributes: {},
    },
  };
}
