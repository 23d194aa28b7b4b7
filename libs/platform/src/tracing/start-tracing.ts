import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import { type Logger } from '../logging';
import { LogThrottle } from '../log-throttle';
import { setTracing } from './span';
import { type TracingConfig } from './tracing-config';

export interface RunningTracing {
  /** Sends the waiting spans, for at most this time, and turns tracing off. Never rejects. */
  stop: (timeoutMs: number) => Promise<void>;
}

/** Spans that could not be sent by then are dropped: a collector that is away must not delay the end of the process. */
const maxFlushMs = 5_000;

/** Event types and ids come from outside. */
const maxValueLength = 300;

/**
 * Turns tracing on if the settings name a collector. The SDK is loaded only then. A collector that cannot be reached costs
 * spans, and neither delays nor fails anything else.
 */
export async function startTracing(
  appName: string,
  config: Partial<TracingConfig>,
  logger: Logger,
): Promise<RunningTracing | undefined> {
  if (!hasCollector(config)) return undefined;
  const [sdk, { OTLPTraceExporter }, { defaultResource, resourceFromAttributes }, core] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/core'),
  ]);
  reportProblems(logger, core.setGlobalErrorHandler);
  const url = tracesUrl(config);
  const provider = new sdk.TracerProvider({
    sampler: await createSampler(config),
    spanLimits: { attributeValueLengthLimit: maxValueLength },
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url,
          headers: core.parseKeyPairsIntoRecord(config.OTEL_EXPORTER_OTLP_HEADERS),
          timeoutMillis: config.OTEL_EXPORTER_OTLP_TIMEOUT,
        }),
        scheduledDelayMillis: config.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeoutMillis: config.OTEL_BSP_EXPORT_TIMEOUT,
        maxQueueSize: config.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: config.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
      }),
    ],
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': appName,
        'service.namespace': 'revenuecat-statsig',
        'service.instance.id': randomUUID(),
        ...core.parseKeyPairsIntoRecord(config.OTEL_RESOURCE_ATTRIBUTES),
        ...(config.OTEL_SERVICE_NAME !== undefined && { 'service.name': config.OTEL_SERVICE_NAME }),
      }),
    ),
  });
  setTracing({
    tracer: provider.getTracer('revenuecat-statsig'),
    propagator: new core.W3CTraceContextPropagator(),
    followsParent: config.OTEL_TRACES_SAMPLER.startsWith('parentbased_'),
  });
  logger.info({ collector: new URL(url).host }, 'tracing started');
  return {
    stop: async (timeoutMs) => {
      setTracing(undefined);
      const flushed = provider.shutdown().catch((error: unknown) => {
        logger.warn({ err: error }, 'failed to send the last spans');
      });
      await Promise.race([flushed, delay(Math.min(maxFlushMs, timeoutMs), undefined, { ref: false })]);
    },
  };
}

/** Whether tracing is on. An app that has these settings at all has all of their defaults. */
function hasCollector(config: Partial<TracingConfig>): config is TracingConfig {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: complete } = config;
  if (config.OTEL_SDK_DISABLED === true || config.OTEL_TRACES_EXPORTER === 'none') return false;
  return base !== undefined || complete !== undefined;
}

function tracesUrl(config: TracingConfig): string {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base = '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: complete } = config;
  return complete ?? `${base.replace(/\/$/, '')}/v1/traces`;
}

async function createSampler({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingConfig) {
  const sdk = await import('@opentelemetry/sdk-trace');
  switch (name) {
    case 'always_on':
      return new sdk.AlwaysOnSampler();
    case 'always_off':
      return new sdk.AlwaysOffSampler();
    case 'traceidratio':
      return new sdk.TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new sdk.ParentBasedSampler({ root: orLinked(new sdk.AlwaysOffSampler()) });
    case 'parentbased_traceidratio':
      return new sdk.ParentBasedSampler({ root: orLinked(new sdk.TraceIdRatioBasedSampler(ratio)) });
  }

  /**
   * Also samples spans that link to others, which only spans that are written are linked to: a request with several events
   * continues their traces, although it has no parent.
   */
  function orLinked(sampler: Sampler): Sampler {
    const all = new sdk.AlwaysOnSampler();
    return {
      shouldSample: (...args) => (args[5].length > 0 ? all : sampler).shouldSample(...args),
      toString: () => `${sampler.toString()} or linked`,
    };
  }
}

/** Logs what the SDK reports, such as a collector that cannot be reached: one line per minute. */
function reportProblems(logger: Logger, setErrorHandler: (handler: (error: unknown) => void) => void): void {
  const throttle = new LogThrottle();
  const report = (fields: object): void => {
    const sinceLastLine = throttle.count('problem');
    if (sinceLastLine !== undefined)
      logger.warn({ ...fields, sinceLastLine }, 'failed to send spans to the collector; dropping them');
  };
  const ignore = (): void => undefined;
  const problem = (detail: string): void => {
    report({ detail });
  };
  diag.setLogger(
    { error: problem, warn: problem, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  setErrorHandler((error) => {
    report({ err: error });
  });
}
