import { setTracing } from '@app/platform';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** Turns tracing on for this process, and keeps the spans in memory, in the order in which they end. */
export class RecordedSpans {
  private readonly exporter = new InMemorySpanExporter();

  /** @param sampler default: every span is kept, except those of an unsampled parent */
  static start(sampler?: Sampler): RecordedSpans {
    const spans = new RecordedSpans();
    const provider = new TracerProvider({
      ...(sampler !== undefined && { sampler }),
      spanProcessors: [new SimpleSpanProcessor({ exporter: spans.exporter })],
    });
    setTracing({
      tracer: provider.getTracer('test'),
      propagator: new W3CTraceContextPropagator(),
      followsParent: sampler === undefined,
      drawTrace: () => true,
    });
    return spans;
  }

  stop(): void {
    setTracing(undefined);
  }

  get all(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** Ended spans with this name. */
  named(name: string): ReadableSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** The only ended span with this name. Throws unless exactly one has it. */
  only(name: string): ReadableSpan {
    const [span, ...others] = this.named(name);
    if (span === undefined || others.length > 0) {
      const names = this.all.map((one) => one.name).join(', ');
      throw new Error(`there are ${this.named(name).length} spans "${name}" among: ${names}`);
    }
    return span;
  }
}
