import { setTimeout as delay } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
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
  const { createOtlpTracing, setGlobalErrorHandler } = await import('./otlp-tracing.js');
  reportProblems(logger, setGlobalErrorHandler);
  const url = tracesUrl(config);
  const { tracing, provider } = createOtlpTracing(appName, url, config);
  setTracing(tracing);
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
