import { fastify, type FastifyInstance } from 'fastify';
import { collectDefaultMetrics, register } from 'prom-client';
import { type HealthController, statusOf } from './health';
import { internalError, problemOf, sendProblem } from './problem';
import { recordRoutes, unroutedProblem } from './unrouted-request';

collectDefaultMetrics();

const starting = { status: 'starting' };
const nothingHere =
  'There is nothing at this URL. This port serves /metrics, /health/live and /health/ready.';

/**
 * Serves metrics and health checks on a separate port, which no ingress publishes. It responds for the whole life of the
 * process, including while the app waits for Kafka or Redis and does not listen yet.
 */
export class OperationsServer {
  /** Undefined until the app is wired. */
  health: Pick<HealthController, 'report'> | undefined;
  /** Called before the metrics are read, to update those that are only known then. */
  beforeScrape: () => Promise<void> = () => Promise.resolve();
  private readonly server: FastifyInstance;

  /** @param options server options, as for the app's own server */
  constructor(options: object) {
    this.server = fastify(options);
    recordRoutes(this.server);
    this.server.get('/metrics', async (_request, reply) => {
      await this.beforeScrape();
      void reply.type(register.contentType);
      return register.metrics();
    });
    this.server.get('/health/live', () => ({ status: 'ok' }));
    this.server.get('/health/ready', async (_request, reply) => {
      const report = (await this.health?.report()) ?? starting;
      void reply.status(statusOf(report));
      return report;
    });
    this.server.setErrorHandler((error, _request, reply) => {
      sendProblem(problemOf(error) ?? internalError, reply);
    });
    this.server.setNotFoundHandler((request, reply) => {
      sendProblem(unroutedProblem(request, reply, nothingHere), reply);
    });
  }

  /** Resolves with the URL of the server. */
  listen(host: string, port: number): Promise<string> {
    return this.server.listen({ host, port });
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
