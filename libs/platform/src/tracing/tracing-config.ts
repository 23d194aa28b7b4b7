import { z } from 'zod';
import { count, flag, secret } from '../config';

/** Credentials belong in the headers, because this setting is logged. */
const collectorUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => !URL.canParse(text) || !new URL(text).href.includes('@'), {
    error: 'must not contain credentials; set OTEL_EXPORTER_OTLP_HEADERS instead',
  })
  .optional();

/**
 * Settings of apps that write traces. Their names, units and defaults are those of OpenTelemetry
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
export const tracingConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl.describe(
    'Base URL of the OpenTelemetry collector, such as http://collector:4318; tracing is off without it',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorUrl.describe(
    'Complete URL to which traces are sent, instead of the base URL followed by /v1/traces',
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/protobuf'])
    .default('http/protobuf')
    .describe('Protocol of the collector; no other is supported'),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    z
      .string()
      .optional()
      .describe(
        'Headers of the requests to the collector, such as its credentials: name=value, comma-separated',
      ),
  ),
  OTEL_EXPORTER_OTLP_TIMEOUT: count(10_000).describe(
    'Timeout of a request to the collector, with its retries, in milliseconds',
  ),
  OTEL_EXPORTER_OTLP_COMPRESSION: z
    .enum(['none', 'gzip'])
    .default('none')
    // The exporter reads it from the environment.
    .describe('Compression of the requests to the collector'),
  OTEL_SDK_DISABLED: flag(false).describe('Disable tracing, whatever the other settings are'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp').describe('none: disable tracing'),
  OTEL_SERVICE_NAME: z.string().optional().describe('Service name in traces; by default the name of the app'),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .optional()
    .describe('Attributes of every span, such as deployment.environment.name=production, comma-separated'),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on')
    .describe(
      'Which traces are written; parentbased: traces that others began follow their decision. Use parentbased_traceidratio in production',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of traces that a traceidratio sampler writes, from 0 to 1'),
  OTEL_BSP_SCHEDULE_DELAY: count(5_000).describe(
    'Maximum time that a finished span waits to be sent, in milliseconds',
  ),
  OTEL_BSP_EXPORT_TIMEOUT: count(30_000).describe('Timeout for sending a batch of spans, in milliseconds'),
  OTEL_BSP_MAX_QUEUE_SIZE: count(2_048).describe(
    'Maximum number of spans that wait; further ones are dropped',
  ),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count(512).describe('Maximum number of spans in a request'),
};

export type TracingConfig = z.output<z.ZodObject<typeof tracingConfig>>;
