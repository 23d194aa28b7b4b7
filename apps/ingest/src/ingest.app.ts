import underPressure from '@fastify/under-pressure';
import { unknownProject } from '@app/integrations';
import { type AppDefinition } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type IngestConfig, ingestConfig } from './ingest.config';
import { requests } from './ingest.metrics';
import { IngestModule } from './ingest.module';
import { retryAfter } from './problem';
import { originalContentType, sendProblem } from './webhook.controller';

const maxEventLoopDelayMs = 1_000;
/** How long a sender may go on with a body after the response. */
const lingerMs = 2_000;

export const ingestApp: AppDefinition<typeof ingestConfig> = {
  name: 'ingest',
  configSchema: ingestConfig,
  port: (config) => config.INGEST_PORT,
  module: (config, logger) => IngestModule.with(config, logger),
  bodyParser: false,
  server: {
    // Nothing has been received yet: the stage bounds what it reads.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // Requests that are sent without waiting for responses would delay those of all other connections.
    maxRequestsPerSocket: 1_000,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  },
  prepare: async (app, config) => {
    leaveBodiesUnread(app);
    endUnfinishedUploads(app);
    await shedLoad(app, config);
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

/** Node discards the rest of a body after the response, as long as it lasts. Closing at once could lose the response. */
function endUnfinishedUploads(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    done();
    if (raw.complete) return;
    setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, lingerMs).unref();
  });
}

async function shedLoad(app: NestFastifyApplication, config: IngestConfig): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.server.maxConnections = config.WEBHOOK_MAX_CONNECTIONS;
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
