import { type IncomingEvent } from '../incoming/incoming-event';
import { AcceptanceCounter } from './acceptance-counter';
import { EventRing, type RingLimits } from './event-ring';
import { NewestEventIndex } from './newest-event-index';
import { type AcceptedRequest, ingestionOf, type RecordedEvent } from './recorded-event';

/** A Map holds at most 16.7 million entries; 4 million ids of 36 characters use about 400 MB. */
const maxCountedIds = 4_000_000;

/** A transfer is sent to Statsig once for each side, with ids derived from RevenueCat's event id. */
const sides = ['', ':from', ':to'];

export interface EventQuery {
  /** An event id, or the shared id of the two sides of a transfer. */
  id?: string | undefined;
  userId?: string | undefined;
  /** Only events with a greater `seq`. */
  since: number;
  limit: number;
}

/** Records accepted events: the newest ones completely, and for all of them how often each id was accepted. */
export class EventRecorder {
  readonly acceptances = new AcceptanceCounter(maxCountedIds);
  readonly ring: EventRing;
  readonly #byId: NewestEventIndex;
  readonly #byUser: NewestEventIndex;
  #recorded = 0;
  #ingested = 0;

  constructor(limits: RingLimits) {
    this.ring = new EventRing(limits, (event) => {
      this.#byId.forget(event.id, event.seq);
      this.#byUser.forget(event.userId, event.seq);
    });
    this.#byId = new NewestEventIndex(this.ring, limits.events);
    this.#byUser = new NewestEventIndex(this.ring, limits.events);
  }

  record(request: AcceptedRequest, events: readonly IncomingEvent[], includeSandbox: boolean): void {
    events.forEach((event, index) => {
      const seq = this.ring.nextSeq;
      const ingestion = ingestionOf(event, includeSandbox);
      const acceptance = event.id === undefined ? 1 : this.acceptances.count(event.id);
      this.ring.add({ ...event, seq, acceptance, ingestion, request, index });
      this.#byId.add(event.id, seq);
      this.#byUser.add(event.userId, seq);
      this.#recorded++;
      if (ingestion === 'ingested') this.#ingested++;
    });
  }

  /** The recorded events that match, in order of arrival. */
  find({ id, userId, since, limit }: EventQuery): RecordedEvent[] {
    if (id !== undefined) {
      const seqs = sides.flatMap((side) => this.#byId.after(id + side, since));
      const events = this.#eventsAt(seqs.sort((a, b) => a - b));
      return events.filter((event) => userId === undefined || event.userId === userId).slice(0, limit);
    }
    if (userId !== undefined) return this.#eventsAt(this.#byUser.after(userId, since).slice(0, limit));
    const first = Math.max(since + 1, this.ring.oldestSeq);
    const length = Math.max(0, Math.min(limit, this.ring.nextSeq - first));
    return this.#eventsAt(Array.from({ length }, (_, offset) => first + offset));
  }

  /** Number of events accepted since the last clear. */
  get recorded(): number {
    return this.#recorded;
  }

  get ingested(): number {
    return this.#ingested;
  }

  clear(): void {
    this.ring.clear();
    this.#byId.clear();
    this.#byUser.clear();
    this.acceptances.clear();
    this.#recorded = 0;
    this.#ingested = 0;
  }

  #eventsAt(seqs: number[]): RecordedEvent[] {
    return seqs.map((seq) => this.ring.get(seq)).filter((event) => event !== undefined);
  }
}
