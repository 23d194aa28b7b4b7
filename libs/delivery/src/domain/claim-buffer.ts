import { type DeliveryFormat } from './delivery';
import { type PendingEvent } from './pending-event';

export interface ClaimBufferOptions {
  requestEvents: Readonly<Record<DeliveryFormat, number>>;
  requestBytes: number;
  lingerMs: number;
}

/** Holds events that are claimed and not yet sent, in order, and divides them into requests. */
export class ClaimBuffer<E extends PendingEvent> {
  private events: E[] = [];
  /** When the first event began to wait for a request to fill. */
  private sinceMs = 0;

  /** @param isIndependent whether the event has a server secret of its own */
  constructor(
    private readonly options: ClaimBufferOptions,
    private readonly isIndependent: (event: E) => boolean,
  ) {}

  get size(): number {
    return this.events.length;
  }

  /** Maximum number of events in the next request. */
  get requestEvents(): number {
    const [first] = this.events;
    return first === undefined ? 0 : this.options.requestEvents[first.format];
  }

  /** When a request is sent even if it is not full; Infinity without events. */
  get lingerEndMs(): number {
    return this.events.length === 0 ? Infinity : this.sinceMs + this.options.lingerMs;
  }

  add(events: readonly E[], nowMs: number): void {
    if (this.events.length === 0) this.sinceMs = nowMs;
    this.events.push(...events);
  }

  /** Removes and returns the events of the next request; none while it waits for more. */
  takeRequest(nowMs: number): E[] {
    const length = this.nextLength();
    const isFull = length < this.events.length || length === this.requestEvents;
    if (length === 0 || (!isFull && nowMs < this.lingerEndMs)) return [];
    this.sinceMs = nowMs;
    return this.events.splice(0, length);
  }

  /**
   * Removes the events with the order key of a request's last event: they must not be sent before that request has ended.
   * Events of one key are claimed together, so they directly follow the request.
   */
  removeRestOf(request: readonly E[]): E[] {
    const last = request.at(-1)?.orderKey;
    return last !== undefined && this.events[0]?.orderKey === last
      ? this.remove(({ orderKey }) => orderKey === last)
      : [];
  }

  /** Removes events whose claim is too old. */
  removeOlderThan(ageMs: number, nowMs: number): E[] {
    const isOld = ({ progress }: E): boolean => nowMs - progress.claimedAtMs > ageMs;
    const [oldest] = this.events;
    return oldest !== undefined && isOld(oldest) ? this.remove(isOld) : [];
  }

  remove(isUnwanted: (event: E) => boolean = () => true): E[] {
    const removed = this.events.filter(isUnwanted);
    if (removed.length > 0) this.events = this.events.filter((event) => !isUnwanted(event));
    return removed;
  }

  /** A request has events of one format and one server secret, respects the limits, and does not split the events of an order key if possible. */
  private nextLength(): number {
    const [first] = this.events;
    if (first === undefined) return 0;
    const { requestEvents, requestBytes } = this.options;
    const isIndependent = this.isIndependent(first);
    let count = requestEvents[first.format];
    if (count === 1) return 1;
    let bytes = 0;
    let length = 0;
    for (const event of this.events) {
      const { format, bytes: size, progress } = event;
      // Each failure of an event while others are accepted halves its request, until the event is alone in it.
      count = Math.max(1, Math.min(count, requestEvents[format] >> progress.failuresAmongSuccesses));
      const isOver = length >= count || (length > 0 && bytes + size > requestBytes);
      if (isOver || format !== first.format || this.isIndependent(event) !== isIndependent) break;
      bytes += size;
      length += 1;
    }
    const next = this.events[length]?.orderKey;
    if (next === undefined || next !== this.events[length - 1]?.orderKey) return length;
    const keyStart = this.events.findIndex(({ orderKey }) => orderKey === next);
    return keyStart === 0 ? length : keyStart;
  }
}
