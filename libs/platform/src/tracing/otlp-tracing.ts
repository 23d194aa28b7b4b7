import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { createRootSampler, parentBased } from './samplers';
import { type Tracing } from './span';
import { TraceIds } from './trace-ids';
import { type TracingConfig } from './tracing-config';

export { setGlobalErrorHandler } from '@opentelemetry/core';

/** Event types and ids come from outside. */
const maxValueLength = 300;

/** Sends spans to a collector. Import this file only if there is one, because it loads the SDK. */
export function createOtlpTracing(
  appName: string,
  url: string,
  config: TracingConfig,
): { tracing: Tracing; provider: TracerProvider } {
  const root = createRootSampler(config);
  const followsParent = config.OTEL_TRACES_SAMPLER.startsWith('parentbased_');
  const traceIds = new TraceIds(
    new RandomIdGenerator(),
    (traceId) => root.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
  );
  const provider = new TracerProvider({
    sampler: followsParent ? parentBased(root) : root,
    idGenerator: traceIds,
    spanLimits: { attributeValueLengthLimit: maxValueLength },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url,
          headers: parseKeyPairsIntoRecord(config.OTEL_EXPORTER_OTLP_HEADERS),
          timeoutMillis: config.OTEL_EXPORTER_OTLP_TIMEOUT,
        }),
        scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeoutMillis: config.OTEL_BSP_EXPORT_TIMEOUT,
        maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
      }),
    ],
    resource: resourceOf(appName, config),
  });
  const tracing: Tracing = {
    tracer: provider.getTracer('revenuecat-statsig'),
    propagator: new W3CTraceContextPropagator(),
    followsParent,
    drawTrace: () => traceIds.draw(),
  };
  return { tracing, provider };
}

function resourceOf(appName: string, config: TracingConfig): Resource {
  return defaultResource().merge(
    resourceFromAttributes({
      'service.name': appName,
      'service.namespace': 'revenuecat-statsig',
      'service.instance.id': randomUUID(),
      ...parseKeyPairsIntoRecord(config.OTEL_RESOURCE_ATTRIBUTES),
      ...(config.OTEL_SERVICE_NAME !== undefined && { 'service.name': config.OTEL_SERVICE_NAME }),
    }),
  );
}
