import { type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import { distinctUntilChanged, filter, map, merge, type Observable, Subject, takeUntil, timer } from 'rxjs';
import { type ActiveFaults } from '../faults/active-faults';
import { type EventRecorder } from '../recording/event-recorder';
import { summaryOf } from '../recording/event-view';
import { statisticsOf } from '../recording/statistics';
import { type StatsigSettings } from '../statsig/statsig-settings';
import { type Traffic } from '../statsig/traffic';

const eventsEveryMs = 250;
const stateEveryMs = 1_000;
/** More events at once would be unreadable; further ones are only counted. */
const maxEventsAtOnce = 200;

/** Feeds the log stream page. It polls, so that its cost does not grow with the event rate of a load test. */
export class LogStream implements OnModuleDestroy {
  readonly #stopped = new Subject<void>();

  constructor(
    private readonly recorder: EventRecorder,
    private readonly faults: ActiveFaults,
    private readonly settings: StatsigSettings,
    private readonly traffic: Traffic,
  ) {}

  /** Emits `events` messages with the newest events and the number of older ones not shown, and `state` messages with the rest. */
  open(): Observable<MessageEvent> {
    return merge(this.#events(), this.#state()).pipe(takeUntil(this.#stopped));
  }

  /** Ends open streams, which would delay shutdown. */
  onModuleDestroy(): void {
    this.#stopped.next();
  }

  #events(): Observable<MessageEvent> {
    let { sinceMs } = this.traffic;
    let shownSeq = this.recorder.ring.oldestSeq - 1;
    return timer(0, eventsEveryMs).pipe(
      map(() => {
        const { ring } = this.recorder;
        if (sinceMs !== this.traffic.sinceMs) shownSeq = ring.oldestSeq - 1;
        sinceMs = this.traffic.sinceMs;
        const lastSeq = ring.nextSeq - 1;
        const since = Math.max(shownSeq, lastSeq - maxEventsAtOnce);
        const events = this.recorder.find({ since, limit: maxEventsAtOnce }).map(summaryOf);
        const notShown = lastSeq - shownSeq - events.length;
        shownSeq = lastSeq;
        return { sinceMs, events, notShown };
      }),
      filter(({ events }) => events.length > 0),
      map((data) => ({ type: 'events', data })),
    );
  }

  #state(): Observable<MessageEvent> {
    return timer(0, stateEveryMs).pipe(
      map(() => JSON.stringify(this.#now())),
      distinctUntilChanged(),
      map((data) => ({ type: 'state', data })),
    );
  }

  #now() {
    return {
      stats: statisticsOf(this.traffic, this.recorder),
      settings: this.settings.show(),
      faults: this.faults.plan.report(Date.now()),
    };
  }
}
