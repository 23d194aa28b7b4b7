import { type DeliveryFormat } from '@app/delivery';
import { StatsigClient } from '@app/statsig';

export interface BareOptions {
  url: string;
  format: DeliveryFormat;
  inFlight: number;
  batch: number;
}

/** The upper bound: the same client posts the same bodies to the same sink, without Kafka and Redis. */
export async function postAll(
  bodies: readonly Buffer[],
  { url, format, inFlight, batch }: BareOptions,
): Promise<void> {
  const client = new StatsigClient({
    webhookUrl: url,
    webhookPath: '/v1/webhooks/revenuecat',
    eventsUrl: url,
    connections: inFlight,
    connectTimeoutMs: 3_000,
    timeoutMs: 10_000,
  });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < bodies.length) {
      const at = next;
      next += format === 'revenuecat' ? 1 : batch;
      if (format === 'revenuecat') await client.sendEnvelope('secret', bodies[at] ?? Buffer.alloc(0));
      else await client.sendEvents('secret', bodies.slice(at, at + batch));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await client.close();
}
