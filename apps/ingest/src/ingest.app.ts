import underPressure from '@fastify/under-pressure';
import { type AppDefinition } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { knownProject } from './authorization';
import { ingestConfig } from './ingest.config';
import { type ConnectionProblem } from './ingest.metrics';
import { IngestModule } from './ingest.module';
import { overloaded, retryAfter } from './rejection';
import { respond, wrongUrl } from './rejection.filter';
import {
  originalContentType,
  sendRejection,
  WEBHOOK_ENDPOINT,
  type WebhookEndpoint,
} from './webhook.controller';

const maxEventLoopDelayMs = 1_000;
/** Name of the decorator on the Fastify instance. */
const webhookEndpoint = 'webhookEndpoint';

export const ingestApp: AppDefinition<typeof ingestConfig> = {
  name: 'ingest',
  configSchema: ingestConfig,
  port: (config) => config.INGEST_PORT,
  maxConnections: (config) => config.WEBHOOK_MAX_CONNECTIONS,
  module: (config) => IngestModule.with(config),
  bodyParser: false,
  server: {
    // Fastify does not read bodies; the stage limits what it reads.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // Otherwise one connection with pipelined requests would delay all other connections.
    maxRequestsPerSocket: 1_000,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    // A malformed escape in the URL, or a project id that is far too long.
    frameworkErrors: (_error, request, reply) => {
      respond(wrongUrl(400), request, reply, request.server.getDecorator<WebhookEndpoint>(webhookEndpoint));
    },
  },
  prepare: async (app) => {
    leaveBodiesUnread(app);
    app.getHttpAdapter().getInstance().decorate(webhookEndpoint, app.get<WebhookEndpoint>(WEBHOOK_ENDPOINT));
    reportConnections(app);
    await shedLoad(app);
  },
};

/** Leaves bodies to the stage, which reads them only after authenticating the sender, and reports what is invalid. */
function leaveBodiesUnread(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  // Fastify would reject a content type that it cannot parse.
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.headers[originalContentType] = request.headers['content-type'];
    request.headers['content-type'] = 'application/octet-stream';
    done();
  });
  fastify.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
}

const connectionProblems: Record<string, ConnectionProblem> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/** Counts the connections and requests that Node and Fastify reject on their own. */
function reportConnections(app: NestFastifyApplication): void {
  const { reporter } = app.get<WebhookEndpoint>(WEBHOOK_ENDPOINT);
  const { server } = app.getHttpAdapter().getInstance();
  server.on('drop', () => {
    reporter.reportConnection('connection_limit');
  });
  // The sender ignored the `Connection: close` of the last response. Node responds with 503.
  server.on('dropRequest', () => {
    reporter.reportConnection('request_limit');
  });
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException) => {
    // A reset by the sender is not a rejection.
    if (code.startsWith('ERR_') || code.startsWith('HPE_'))
      reporter.reportConnection(connectionProblems[code] ?? 'malformed');
  });
}

async function shedLoad(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const { ports, reporter } = app.get<WebhookEndpoint>(WEBHOOK_ENDPOINT);
  await fastify.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    retryAfter,
    // Health checks pass: restarting a busy process would only increase the load on the others.
    pressureHandler: (request, reply) => {
      if (!request.url.startsWith('/v1/')) return;
      const { projectId } = request.params as { projectId?: string };
      reporter.report(
        { ...overloaded, projectId: knownProject(projectId, ports) },
        reply.elapsedTime / 1_000,
      );
      sendRejection(overloaded, reply);
    },
  });
}
