import { type Context } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { type TracingConfig } from './tracing-config';

/** Decides by the id of a trace alone. */
export interface RootSampler extends Sampler {
  shouldSample: (context: Context, traceId: string) => SamplingResult;
}

/** Returns the sampler for a trace without a parent. */
export function createRootSampler({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: TracingConfig): RootSampler {
  switch (name) {
    case 'always_on':
    case 'parentbased_always_on':
      return new AlwaysOnSampler();
    case 'always_off':
    case 'parentbased_always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
  }
}

/**
 * Follows the decision of a parent. Also samples spans that link to others, which only spans that are written are linked to: a
 * request with several events continues their traces, although it has no parent.
 */
export function parentBased(root: RootSampler): Sampler {
  const linked = new AlwaysOnSampler();
  return new ParentBasedSampler({
    root: {
      shouldSample: (context, traceId, _name, _kind, _attributes, links) =>
        links.length > 0 ? linked.shouldSample() : root.shouldSample(context, traceId),
      toString: () => `${root.toString()} or linked`,
    },
  });
}
