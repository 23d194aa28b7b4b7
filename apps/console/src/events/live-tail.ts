import { type MessageEvent } from '@nestjs/common';
import { bufferTime, endWith, filter, interval, map, merge, type Observable, takeUntil } from 'rxjs';
import { ignoreElements } from 'rxjs/operators';
import { type LiveEvents } from '../../api/events';
import { type ReadModel } from '../read-model/read-model';
import { type EventFilter, type EventList } from './event-list';

const intervalMs = 250;
/** More than an operator can follow; the list shows the others. */
const maxEventsPerMessage = 100;
const heartbeatMs = 15_000;

/** Streams events as they arrive and as their outcomes change, until the read model closes. */
export function liveTail(
  model: ReadModel,
  list: EventList,
  eventFilter: EventFilter,
): Observable<MessageEvent> {
  const changed = model.changes.pipe(
    bufferTime(intervalMs),
    filter((sets) => sets.length > 0),
    map((sets): LiveEvents => {
      const seqs = [...new Set(sets.flatMap((set) => [...set]))].sort((a, b) => a - b);
      const shown = seqs.slice(-maxEventsPerMessage);
      return { events: list.among(shown, eventFilter), left: seqs.length - shown.length };
    }),
    filter(({ events, left }) => events.length > 0 || left > 0),
    map((data): MessageEvent => ({ type: 'events', data })),
  );
  const end = model.changes.pipe(ignoreElements(), endWith(undefined));
  // Proxies close idle connections.
  const beat = interval(heartbeatMs).pipe(map((): MessageEvent => ({ type: 'beat', data: '' })));
  return merge(changed, beat).pipe(takeUntil(end));
}
