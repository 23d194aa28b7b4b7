import { type Logger, readConfig, startTracing, tracingConfig } from '@app/platform';
import { loggerInto, silentLogger } from '@app/testing';
import { until } from '@tools/stack';
import { z } from 'zod';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver';
import { renewal } from './renewals';
import { RunningPipeline } from './running-pipeline';

const route = '/v1/webhooks/revenuecat';
const customer = 'customer-of-the-traced-event';

function startWith(env: Record<string, string>, logger: Logger = silentLogger) {
  return startTracing('pipeline', readConfig(z.object(tracingConfig), env), logger);
}

describe('a traced event', () => {
  const lines: string[] = [];
  let collector: OtlpReceiver;
  let tracing: Awaited<ReturnType<typeof startTracing>>;
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    collector = await OtlpReceiver.start();
    tracing = await startWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-token=secret',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    pipeline = await RunningPipeline.start({}, [], { logger: loggerInto(lines) });
  });

  afterAll(async () => {
    await pipeline.stop();
    await tracing?.stop(5_000);
    collector.stop();
  });

  const spanOf = (
    name: string,
    matches: (span: ReceivedSpan) => boolean = () => true,
  ): Promise<ReceivedSpan> =>
    until(
      () => {
        const span = collector.spans.find((one) => one.name === name && matches(one));
        const names = collector.spans.map((one) => one.name).join(', ');
        return span === undefined
          ? Promise.reject(new Error(`no such span: "${name}" among: ${names}`))
          : Promise.resolve(span);
      },
      { timeoutMs: 10_000 },
    );

  it('has one trace from the webhook to the response of Statsig, and its id is in the receipt and the logs', async () => {
    const { events, deliveriesPrefix } = pipeline.topics.names;
    const deliveries = deliveriesPrefix + pipeline.projectId;
    expect((await pipeline.post(renewal('traced', customer))).status).toBe(200);
    const receipt = (await pipeline.receiptsOf(['traced'], 'delivered')).find(
      ({ eventId }) => eventId === 'traced',
    );

    const isOfEvent = ({ traceId }: ReceivedSpan): boolean => traceId === receipt?.traceId;
    const path = [
      `POST ${route}`,
      `send ${events}`,
      `process ${events}`,
      `send ${deliveries}`,
      `process ${deliveries}`,
      'POST /v1/webhooks/revenuecat',
    ];
    const webhook = await spanOf(`POST ${route}`, (span) => isOfEvent(span) && span.parentSpanId === '');
    let parent = webhook;
    for (const name of path.slice(1)) {
      const span = await spanOf(name, (one) => isOfEvent(one) && one.parentSpanId === parent.spanId);
      parent = span;
    }
    expect(webhook.attributes).toMatchObject({
      'http.route': route,
      'http.response.status_code': 200,
      'revenuecat.event.id': 'traced',
      'revenuecat.event.type': 'RENEWAL',
      'rcstatsig.project.id': pipeline.projectId,
    });
    expect(parent.attributes).toMatchObject({
      'http.response.status_code': 200,
      'rcstatsig.outcome': 'accepted',
    });
    const delivery = await spanOf(`process ${deliveries}`, isOfEvent);
    expect(delivery.attributes).toMatchObject({
      'revenuecat.event.id': 'traced',
      'rcstatsig.outcome': 'delivered',
      'rcstatsig.attempts': 1,
    });
    expect(collector.headers[0]).toMatchObject({ 'x-collector-token': 'secret' });
    expect(collector.texts.join()).not.toContain(customer);
    const followed = lines
      .map((line) => JSON.parse(line) as { msg: string; eventId?: string; trace_id?: string })
      .filter(({ eventId }) => eventId === 'traced')
      .map(({ msg, trace_id }) => [msg, trace_id]);
    expect(followed).toEqual(
      ['webhook accepted', 'event mapped', 'delivery finished'].map((msg) => [msg, receipt?.traceId]),
    );
  });

  it('continues the trace of another producer that writes to Kafka', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    await pipeline.produce(renewal('produced', 'bob'), null, { traceparent });
    const receipts = await pipeline.receiptsOf(['produced'], 'delivered');
    expect(receipts.find(({ eventId }) => eventId === 'produced')?.traceId).toBe(traceId);
    const { events } = pipeline.topics.names;
    // The test writes with the producer of the pipeline, which adds its own span.
    const sent = await spanOf(`send ${events}`, (one) => one.parentSpanId === '00f067aa0ba902b7');
    const processed = await spanOf(`process ${events}`, (one) => one.parentSpanId === sent.spanId);
    expect([sent.traceId, processed.traceId]).toEqual([traceId, traceId]);
  });
});

describe('a request with several events', () => {
  const traceIdOf = (n: number): string => (n + 1).toString(16).padStart(32, '0');
  let collector: OtlpReceiver;
  let tracing: Awaited<ReturnType<typeof startTracing>>;
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    collector = await OtlpReceiver.start();
    tracing = await startWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    pipeline = await RunningPipeline.start({ STATSIG_FORMAT: 'log_event' });
  });

  afterAll(async () => {
    await pipeline.stop();
    await tracing?.stop(5_000);
    collector.stop();
  });

  it('links to each of them that is sampled, and they to it', async () => {
    const deliveries = pipeline.topics.names.deliveriesPrefix + pipeline.projectId;
    const ids = Array.from({ length: 12 }, (_, n) => `linked-${n}`);
    // Without a dispatcher, the events wait, and are then sent together.
    await pipeline.stopApp('dispatcher');
    for (const [n, id] of ids.entries()) {
      const flags = n % 3 === 0 ? '00' : '01';
      const traceparent = `00-${traceIdOf(n)}-00f067aa0ba902b7-${flags}`;
      await pipeline.produce(renewal(id, id), id, { traceparent });
    }
    await until(
      async () => {
        if ((await pipeline.mapperLag()) !== 0) throw new Error('the mapper has not mapped all events');
      },
      { timeoutMs: 20_000 },
    );
    await pipeline.startApp('dispatcher');
    await pipeline.receiptsOf(ids, 'delivered');
    const sampled = ids.flatMap((_, n) => (n % 3 === 0 ? [] : [traceIdOf(n)]));
    const eventSpans = await until(
      () => {
        const found = collector.spans.filter(({ name }) => name === `process ${deliveries}`);
        return found.length === sampled.length
          ? Promise.resolve(found)
          : Promise.reject(new Error(`${found.length} spans of events`));
      },
      { timeoutMs: 10_000 },
    );

    const requests = collector.spans.filter(({ name }) => name === 'POST /v1/log_event');
    expect(requests.some(({ links }) => links.length > 1)).toBe(true);
    const linked = requests.flatMap(({ links }) => links);
    const contexts = eventSpans.map(({ traceId, spanId }) => ({ traceId, spanId }));
    expect(new Set(linked)).toEqual(new Set(contexts));
    expect(linked).toHaveLength(contexts.length);
    expect(contexts.map(({ traceId }) => traceId).toSorted()).toEqual(sampled.toSorted());
    for (const request of requests) {
      expect(request.parentSpanId).toBe('');
      expect(request.attributes).toMatchObject({ 'rcstatsig.outcome': 'accepted' });
      expect(request.attributes['messaging.batch.message_count']).toBeGreaterThanOrEqual(
        request.links.length,
      );
      for (const { spanId } of request.links) {
        const event = eventSpans.find((span) => span.spanId === spanId);
        expect(event?.links).toContainEqual({ traceId: request.traceId, spanId: request.spanId });
      }
    }
  });
});

describe('an event', () => {
  const lines: string[] = [];
  let tracing: Awaited<ReturnType<typeof startTracing>>;
  let pipeline: RunningPipeline;

  afterEach(async () => {
    await pipeline.stop();
    await tracing?.stop(0);
    tracing = undefined;
  });

  it('is delivered while the collector cannot be reached, which is logged once', async () => {
    const env = { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_EXPORTER_OTLP_TIMEOUT: '100' };
    tracing = await startWith(
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', ...env },
      loggerInto(lines, 'warn'),
    );
    pipeline = await RunningPipeline.start();
    const ids = Array.from({ length: 20 }, (_, i) => `untraced-${i}`);
    for (const id of ids) expect((await pipeline.post(renewal(id, id))).status).toBe(200);
    await pipeline.receiptsOf(ids, 'delivered');
    const failures = (): string[] => lines.filter((line) => line.includes('failed to send spans'));
    await until(
      () => (failures().length === 1 ? Promise.resolve() : Promise.reject(new Error('not logged'))),
      { timeoutMs: 10_000 },
    );
    const startedMs = performance.now();
    await tracing?.stop(1_000);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(failures()).toHaveLength(1);
  });

  it('keeps the id of the trace that it arrives with while tracing is off', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    pipeline = await RunningPipeline.start();
    await pipeline.produce(renewal('kept', 'cy'), null, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    const receipts = await pipeline.receiptsOf(['kept'], 'delivered');
    expect(receipts.find(({ eventId }) => eventId === 'kept')?.traceId).toBe(traceId);
  });
});
