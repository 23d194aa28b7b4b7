import { createApp, readConfig } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type KafkaCluster, startKafkaCluster, until } from '@tools/stack';
import { ingestApp } from '../../apps/ingest/src/ingest.app';
import { ingestConfig } from '../../apps/ingest/src/ingest.config';
import { renewal } from './renewals';

const authorization = 'Bearer test';
const patience = { timeoutMs: 30_000 };

describe('the readiness of ingest', () => {
  let cluster: KafkaCluster;
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    cluster = await startKafkaCluster();
    const env = { KAFKA_BROKERS: cluster.brokers, WEBHOOK_AUTHORIZATION: authorization };
    app = await createApp(ingestApp, readConfig(ingestConfig, env), silentLogger);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    await cluster.stop();
  });

  const untilReadinessIs = (expected: RegExp): Promise<void> =>
    until(async () => {
      const response = await fetch(`${url}/health/ready`);
      expect(`${String(response.status)} ${await response.text()}`).toMatch(expected);
    }, patience);

  const post = async (): Promise<number> => {
    const response = await fetch(`${url}/v1/webhooks/revenuecat`, {
      method: 'POST',
      body: renewal('event-1', 'anna'),
      headers: { authorization, 'content-type': 'application/json' },
    });
    return response.status;
  };

  it('follows the availability of Kafka', async () => {
    await untilReadinessIs(/^200 /);
    expect(await post()).toBe(200);
    await cluster.nodes[0]?.kill();
    expect(await post()).toBe(503);
    await untilReadinessIs(/^503 .*kafka/);
    await cluster.nodes[0]?.restart();
    await untilReadinessIs(/^200 /);
    expect(await post()).toBe(200);
  });
});
