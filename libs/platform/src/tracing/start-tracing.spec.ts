import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { silentLogger } from '@app/testing';
import { z } from 'zod';
import { readConfig } from '../config';
import { isTracing, linksTo, startSpan } from './span';
import { startTracing } from './start-tracing';
import { tracingConfig } from './tracing-config';

const settings = (env: Record<string, string>) => readConfig(z.object(tracingConfig), env);
const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1';

describe('tracing', () => {
  it.each<[string, Record<string, string>]>([
    ['no collector is set', {}],
    ['it is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
    ['its exporter is none', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  ])('is off if %s', async (_what, env) => {
    expect(await startTracing('app', settings(env), silentLogger)).toBeUndefined();
    expect(isTracing()).toBe(false);
  });

  it('is off in an app without these settings', async () => {
    expect(await startTracing('app', {}, silentLogger)).toBeUndefined();
  });

  it('sends spans to the base URL, /v1/traces, with the name of the app and the attributes', async () => {
    const requests: { url: string | undefined; text: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ url: request.url, text: Buffer.concat(chunks).toString('latin1') });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const tracing = await startTracing(
      'mapper',
      settings({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/otlp/`,
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      }),
      silentLogger,
    );
    startSpan('work', () => ({}))?.end();
    await tracing?.stop(5_000);
    server.close();
    server.closeAllConnections();
    expect(requests.map(({ url }) => url)).toEqual(['/otlp/v1/traces']);
    for (const text of ['work', 'service.name', 'mapper', 'deployment.environment.name', 'test'])
      expect(requests[0]?.text).toContain(text);
    expect(isTracing()).toBe(false);
  });

  it.each([
    ['always_on', '1', true, true],
    ['always_off', '1', false, false],
    ['traceidratio', '0', false, false],
    ['parentbased_always_on', '0', true, true],
    ['parentbased_always_off', '1', false, true],
    ['parentbased_traceidratio', '0', false, true],
  ])('samples with %s and %s', async (sampler, ratio, isRootSampled, isChildSampled) => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT,
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: ratio,
    };
    const tracing = await startTracing('app', settings(env), silentLogger);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(startSpan('root', () => ({}))?.isRecording()).toBe(isRootSampled);
    expect(startSpan('child', () => ({}), { headers: { traceparent } })?.isRecording()).toBe(isChildSampled);
    const unsampled = { traceparent: traceparent.replace(/01$/, '00') };
    const isDecidedByParent = sampler.startsWith('parentbased');
    const first = startSpan('first of a trace', () => ({}), { headers: {} });
    if (isDecidedByParent) expect(first !== undefined).toBe(isRootSampled);
    else expect(first?.isRecording()).toBe(isRootSampled);
    expect(startSpan('child', () => ({}), { headers: unsampled }) === undefined).toBe(isDecidedByParent);
    await tracing?.stop(0);
  });

  it('samples the given share of traces', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    };
    const tracing = await startTracing('app', settings(env), silentLogger);
    const started = Array.from({ length: 4_000 }, () => startSpan('first', () => ({}), { headers: {} }));
    const spans = started.filter((span) => span !== undefined);
    expect(spans.every((span) => span.isRecording())).toBe(true);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(spans.length);
    // Six standard deviations of a fair draw.
    expect(Math.abs(spans.length - 1_000)).toBeLessThan(165);
    await tracing?.stop(0);
  });

  it.each(['parentbased_always_off', 'parentbased_traceidratio'])(
    'samples with %s what links to a sampled span: a request with several events',
    async (sampler) => {
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT,
        OTEL_TRACES_SAMPLER: sampler,
        OTEL_TRACES_SAMPLER_ARG: '0',
      };
      const tracing = await startTracing('app', settings(env), silentLogger);
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const sampled = startSpan('event', () => ({}), { headers: { traceparent } });
      expect(startSpan('request', () => ({ links: linksTo(sampled) }))?.isRecording()).toBe(true);
      expect(
        startSpan('request', () => ({ links: linksTo(startSpan('unsampled', () => ({}))) }))?.isRecording(),
      ).toBe(false);
      await tracing?.stop(0);
    },
  );

  it('rejects settings that it does not support', () => {
    expect(() => settings({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow('OTEL_EXPORTER_OTLP_PROTOCOL');
    expect(() => settings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    );
    expect(() => settings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:secret@collector' })).toThrow(
      /credentials/,
    );
    expect(() => settings({ OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow('OTEL_TRACES_SAMPLER_ARG');
  });
});
