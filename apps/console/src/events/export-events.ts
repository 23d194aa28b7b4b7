import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventDetail } from '../../api/events';
import { type EventDetails } from './event-details';
import { type EventFilter, type EventList } from './event-list';

const pageSize = 200;

/**
 * Exports all events that match the filter, newest first, one JSON object per line: what was received, what was sent and
 * each attempt. One event is in memory at a time.
 */
export async function* exportEvents(
  list: EventList,
  details: EventDetails,
  filter: EventFilter,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const { events, next } = list.page(filter, cursor, pageSize);
    for (const { project, eventId } of events) {
      const detail = details.find(project, eventId);
      if (detail !== undefined) yield `${lineOf(detail)}\n`;
    }
    cursor = next ?? undefined;
    // Other requests are served between two pages.
    await nextTurn();
  } while (cursor !== undefined);
}

/** Inserts the event as received, so that every digit and every repeated member is preserved. */
function lineOf({ received, ...others }: EventDetail): string {
  return `${JSON.stringify(others).slice(0, -1)},"received":${received === null ? 'null' : onOneLine(received)}}`;
}

/** Safe because JSON text has line breaks only between tokens: within strings they are escaped. */
function onOneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, ' ');
}
