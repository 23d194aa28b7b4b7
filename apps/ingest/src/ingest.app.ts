import underPressure from '@fastify/under-pressure';
import { type AppDefinition } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { knownProject } from './authorization';
import { ingestConfig } from './ingest.config';
import { type ConnectionProblem } from './ingest.metrics';
import { IngestModule } from './ingest.module';
import { overloaded, retryAfter } from './problem';
import { respond, wrongUrl } from './problem.filter';
import {
  originalContentType,
  sendProblem,
  WEBHOOK_ENDPOINT,
  type WebhookEndpoint,
} from './webhook.controller';

const maxEventLoopDelayMs = 1_000;
/** Decorator of the server. */
const webhookEndpoint = 'webhookEndpoint';

export const ingestApp: AppDefinition<typeof ingestConfig> = {
  name: 'ingest',
  configSchema: ingestConfig,
  port: (config) => config.INGEST_PORT,
  maxConnections: (config) => config.WEBHOOK_MAX_CONNECTIONS,
  module: (config, logger) => IngestModule.with(config, logger),
  bodyParser: false,
  server: {
    // Nothing has been received yet: the stage bounds what it reads.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // Requests that are sent without waiting for responses would delay those of all other connections.
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

/** The stage reads a body once it knows the sender, and says itself what is wrong with the body. */
function leaveBodiesUnread(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  // Fastify would refuse a content type that it cannot parse.
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

/** Makes visible what Node and Fastify refuse by themselves. */
function reportConnections(app: NestFastifyApplication): void {
  const { reporter } = app.get<WebhookEndpoint>(WEBHOOK_ENDPOINT);
  const { server } = app.getHttpAdapter().getInstance();
  server.on('drop', () => {
    reporter.reportConnection('connection_limit');
  });
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException) => {
    // A sender that resets its connection was not refused.
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
    // A process that is restarted for being busy would only make the others busier.
    pressureHandler: (request, reply) => {
      if (!request.url.startsWith('/v1/')) return;
      const { projectId } = request.params as { projectId?: string };
      reporter.report(
        { ...overloaded, projectId: knownProject(projectId, ports) },
        reply.elapsedTime / 1_000,
      );
      sendProblem(overloaded.problem, reply);
    },
  });
}
