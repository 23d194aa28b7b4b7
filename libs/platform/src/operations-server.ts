import { HttpException } from '@nestjs/common';
import { fastify, type FastifyInstance } from 'fastify';
import { collectDefaultMetrics, register } from 'prom-client';
import { type HealthController } from './health';

collectDefaultMetrics();

/**
 * Serves metrics and health checks on a separate port, which no ingress publishes. It responds for the whole life of the
 * process, including while the app waits for Kafka or Redis and does not listen yet.
 */
export class OperationsServer {
  /** Undefined until the app is wired. */
  health: Pick<HealthController, 'ready'> | undefined;
  /** Called before the metrics are read, to update those that are only known then. */
  beforeScrape: () => Promise<void> = () => Promise.resolve();
  private readonly server: FastifyInstance;

  /** @param options server options, as for the app's own server */
  constructor(options: object) {
    this.server = fastify(options);
    this.server.get('/metrics', async (_request, reply) => {
      await this.beforeScrape();
      void reply.type(register.contentType);
      return register.metrics();
    });
    this.server.get('/health/live', () => ({ status: 'ok' }));
    this.server.get('/health/ready', async (_request, reply) => {
      const { status, body } = await this.readiness();
      void reply.status(status);
      return body;
    });
  }

  /** Resolves with the URL of the server. */
  listen(host: string, port: number): Promise<string> {
    return this.server.listen({ host, port });
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async readiness(): Promise<{ status: number; body: unknown }> {
    if (this.health === undefined) return { status: 503, body: { status: 'starting' } };
    try {
      return { status: 200, body: await this.health.ready() };
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      return { status: error.getStatus(), body: error.getResponse() };
    }
  }
}
