import { type MessageEvent } from '@nestjs/common';
import { bufferTime, endWith, filter, interval, map, merge, type Observable, takeUntil } from 'rxjs';
import { ignoreElements } from 'rxjs/operators';
import { type ReadModel } from '../read-model/read-model';
import { type EventFilter, type EventList } from './event-list';
import { type LiveEvents } from './event-view';

const stepMs = 250;
/** More than a person can follow; the list shows the rest. */
const maxEventsPerMessage = 100;
const beatMs = 15_000;

/** Events as they arrive and as their standing changes. It ends when the read model closes. */
export function liveTail(model: ReadModel, list: EventList, wanted: EventFilter): Observable<MessageEvent> {
  const changed = model.changes.pipe(
    bufferTime(stepMs),
    filter((sets) => sets.length > 0),
    map((sets): LiveEvents => {
      const seqs = [...new Set(sets.flatMap((set) => [...set]))].sort((a, b) => a - b);
      const shown = seqs.slice(-maxEventsPerMessage);
      return { events: list.among(shown, wanted), left: seqs.length - shown.length };
    }),
    filter(({ events, left }) => events.length > 0 || left > 0),
    map((data): MessageEvent => ({ type: 'events', data })),
  );
  const end = model.changes.pipe(ignoreElements(), endWith(undefined));
  // Proxies close what is silent.
  const beat = interval(beatMs).pipe(map((): MessageEvent => ({ type: 'beat', data: '' })));
  return merge(changed, beat).pipe(takeUntil(end));
}
