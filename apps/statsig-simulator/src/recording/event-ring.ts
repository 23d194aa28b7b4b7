import { type AcceptedRequest, type RecordedEvent } from './recorded-event';

export interface RingLimits {
  events: number;
  /** Approximate size of request bodies and headers. */
  bytes: number;
}

/** Measured size of the headers and objects of one request. */
const requestOverheadBytes = 1_500;

/** The newest events, by `seq`. When either limit is exceeded, the oldest are removed. */
export class EventRing {
  readonly #slots: (RecordedEvent | undefined)[];
  #oldest = 1;
  #next = 1;
  #bytes = 0;

  constructor(
    private readonly limits: RingLimits,
    private readonly onForgotten: (event: RecordedEvent) => void,
  ) {
    this.#slots = Array.from({ length: limits.events });
  }

  get oldestSeq(): number {
    return this.#oldest;
  }

  get nextSeq(): number {
    return this.#next;
  }

  get size(): number {
    return this.#next - this.#oldest;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(seq: number): RecordedEvent | undefined {
    return seq < this.#oldest ? undefined : this.#slots[seq % this.limits.events];
  }

  add(event: RecordedEvent): void {
    if (this.size === this.limits.events) this.#forgetOldest();
    this.#slots[event.seq % this.limits.events] = event;
    this.#next = event.seq + 1;
    // The events of one request are adjacent and share its bytes.
    if (this.get(event.seq - 1)?.request !== event.request) this.#bytes += sizeOf(event.request);
    while (this.#bytes > this.limits.bytes && this.size > 1) this.#forgetOldest();
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#oldest = this.#next;
    this.#bytes = 0;
  }

  #forgetOldest(): void {
    const event = this.get(this.#oldest);
    this.#slots[this.#oldest % this.limits.events] = undefined;
    this.#oldest++;
    if (event === undefined) return;
    if (this.get(this.#oldest)?.request !== event.request) this.#bytes -= sizeOf(event.request);
    this.onForgotten(event);
  }
}

function sizeOf(request: AcceptedRequest): number {
  return request.body.length + requestOverheadBytes;
}
