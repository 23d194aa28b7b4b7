import { fastify } from 'fastify';

/**
 * A bare Fastify route in a separate process, started with its port. It parses the same body and discards it.
 * `GET /metrics` has its processor time, under the same name as in ingest.
 */
const server = fastify();

server.post<{ Body: { event: { id: string } } }>('/v1/webhooks/revenuecat', ({ body }, reply) => {
  void reply.send({ accepted: true, eventId: body.event.id });
});

server.get('/health/ready', () => 'ready');

server.get('/metrics', () => {
  const { user, system } = process.cpuUsage();
  return `process_cpu_seconds_total ${(user + system) / 1e6}\n`;
});

void server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
