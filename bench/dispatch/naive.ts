import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload, Transport } from '@nestjs/microservices';
import { Redis } from 'ioredis';

/**
 * What a NestJS user would write first: ServerKafka, one message at a time, SET NX, fetch, SET.
 * Runs as a separate process with addresses from its environment.
 */
const { KAFKA_BROKERS = '', REDIS_URL = '', SINK_URL = '', TOPIC = '', GROUP = '' } = process.env;
const redis = new Redis(REDIS_URL);

interface Delivery {
  eventId: string;
  format: 'revenuecat' | 'log_event';
  body: unknown;
}

@Controller()
class DeliveriesController {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-arguments -- without it another overload applies
  @EventPattern<string>(TOPIC)
  async deliver(@Payload() { eventId, format, body }: Delivery): Promise<void> {
    const key = `naive:${eventId}`;
    if ((await redis.set(key, 'processing', 'EX', 60, 'NX')) === null) return;
    const path = format === 'revenuecat' ? '/v1/webhooks/revenuecat' : '/v1/log_event';
    const response = await fetch(SINK_URL + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'statsig-api-key': 'secret' },
      body: JSON.stringify(format === 'revenuecat' ? body : { events: [body] }),
    });
    if (!response.ok) throw new Error(`Statsig responded with ${String(response.status)}`);
    await response.text();
    await redis.set(key, 'done', 'EX', 86_400);
  }
}

@Module({ controllers: [DeliveriesController] })
class FirstTryModule {}

void NestFactory.createMicroservice<MicroserviceOptions>(FirstTryModule, {
  transport: Transport.KAFKA,
  logger: false,
  options: {
    client: { brokers: KAFKA_BROKERS.split(',') },
    consumer: { groupId: GROUP },
    subscribe: { fromBeginning: true },
  },
}).then((app) => app.listen());
