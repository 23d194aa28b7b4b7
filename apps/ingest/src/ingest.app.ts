import { type AppDefinition } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ingestConfig } from './ingest.config';
import { IngestModule } from './ingest.module';
import { readRawBody } from './raw-body';
import { givenContentType } from './webhook.controller';

export const ingestApp: AppDefinition<typeof ingestConfig> = {
  name: 'ingest',
  configSchema: ingestConfig,
  port: (config) => config.INGEST_PORT,
  module: (config, logger) => IngestModule.with(config, logger),
  bodyParser: false,
  prepare: takeRawBodies,
};

/** Bodies are taken as they come, whatever they say they are: what is wrong with one is the stage's to say. */
function takeRawBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  // Fastify refuses a content type that it cannot read before anybody could keep the body.
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.headers[givenContentType] = request.headers['content-type'];
    request.headers['content-type'] = 'application/octet-stream';
    done();
  });
  fastify.addContentTypeParser('*', (_request, payload, done) => {
    readRawBody(payload).then((body) => {
      done(null, body);
    }, done);
  });
}
