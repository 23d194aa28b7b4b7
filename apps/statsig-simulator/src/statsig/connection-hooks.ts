import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ActiveFaults } from '../faults/active-faults';
import { type Endpoint } from './endpoints';
import { apiKeyOf } from './exchange';
import { Traffic } from './traffic';

const endpointOfPath = new Map<string | undefined, Endpoint>([
  ['/v1/webhooks/revenuecat', 'revenuecat'],
  ['/v1/log_event', 'log_event'],
  ['/v1/webhooks/event_webhook', 'event_webhook'],
]);

/**
 * Everything outside the handlers: leaves bodies as bytes, counts requests and responses, and cuts connections before the
 * body is read.
 */
export function watchConnections(app: NestFastifyApplication, maxBodyBytes: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  const faults = app.get(ActiveFaults);
  const traffic = app.get(Traffic);

  fastify.removeAllContentTypeParsers();
  app.useBodyParser('*', { bodyLimit: maxBodyBytes }, (_request, body, done) => {
    done(null, body);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const endpoint = endpointOfPath.get(request.routeOptions.url);
    if (endpoint === undefined) {
      done();
      return;
    }
    traffic.countRequest(endpoint);
    if (!faults.plan.cutsOnArrival({ endpoint, key: apiKeyOf(request.headers) }, Date.now())) {
      done();
      return;
    }
    reply.hijack();
    traffic.countOutcome('reset');
    request.raw.socket.resetAndDestroy();
    done();
  });
  // onResponse would not count a client that does not read a long body to its end.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (endpointOfPath.has(request.routeOptions.url)) traffic.countOutcome(reply.statusCode);
    done(null, payload);
  });
}
