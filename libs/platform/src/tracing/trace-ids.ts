import { type IdGenerator } from '@opentelemetry/sdk-trace';

/**
 * Makes the ids of traces and spans. The id of a trace can be drawn before its first span starts, because most traces are not
 * sampled, and the SDK takes several microseconds to find that out.
 */
export class TraceIds implements IdGenerator {
  private drawn: string | undefined;

  /** @param isSampled decides, by its id, whether a trace without a parent is sampled */
  constructor(
    private readonly random: IdGenerator,
    private readonly isSampled: (traceId: string) => boolean,
  ) {}

  /** Draws the id of the trace that the next span begins. Returns false if it is not sampled: do not start the span then. */
  draw(): boolean {
    const traceId = this.random.generateTraceId();
    if (!this.isSampled(traceId)) return false;
    this.drawn = traceId;
    return true;
  }

  generateTraceId(): string {
    const traceId = this.drawn ?? this.random.generateTraceId();
    this.drawn = undefined;
    return traceId;
  }

  generateSpanId(): string {
    return this.random.generateSpanId();
  }
}
