import underPressure from '@fastify/under-pressure';
import { unknownProject } from '@app/integrations';
import { type AppDefinition } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ingestConfig } from './ingest.config';
import { requests } from './ingest.metrics';
import { IngestModule } from './ingest.module';
import { retryAfter } from './problem';
import { originalContentType, sendProblem } from './webhook.controller';

const maxEventLoopDelayMs = 1_000;

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
  },
  prepare: async (app) => {
    leaveBodiesUnread(app);
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

async function shedLoad(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    retryAfter,
    // A process that is restarted for being busy would only make the others busier.
    pressureHandler: (request, reply) => {
      if (!request.url.startsWith('/v1/')) return;
      requests.inc({ project: unknownProject, outcome: 'overloaded' });
      sendProblem({ status: 503, title: 'Overloaded', detail: 'Send the event again.', retryAfter }, reply);
    },
  });
}
