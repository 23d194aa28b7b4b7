import { connectKafka, kafkaConfig, RecordProducer } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { fastify } from 'fastify';
import { z } from 'zod';

/**
 * A bare Fastify route in a separate process, started with its port: it parses the same body and responds. If a topic is
 * given too, it writes the body there first, as ingest does: what it costs then is the minimum with kafkajs.
 * `GET /metrics` reports its processor time, named as in ingest.
 */
const [, , port, topic] = process.argv;
const server = fastify();

server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
  done(null, body);
});

const producer = topic === undefined ? undefined : startProducer();

server.post<{ Body: Buffer }>('/v1/webhooks/revenuecat', async ({ body }) => {
  const { event } = JSON.parse(body.toString()) as { event: { id: string; app_user_id: string } };
  if (topic !== undefined)
    await producer?.send([{ topic, key: event.app_user_id, value: body, headers: { 'event-id': event.id } }]);
  return { accepted: true, eventId: event.id };
});

server.get('/health/ready', () => 'ready');

server.get('/metrics', () => {
  const { user, system } = process.cpuUsage();
  return `process_cpu_seconds_total ${(user + system) / 1e6}\n`;
});

void server.listen({ host: '127.0.0.1', port: Number(port) });

function startProducer(): RecordProducer {
  const logger = createLogger('bench', 'silent');
  const started = new RecordProducer(
    connectKafka(readConfig(z.object(kafkaConfig), process.env), 'bench', logger),
    logger,
  );
  void started.connect();
  return started;
}
