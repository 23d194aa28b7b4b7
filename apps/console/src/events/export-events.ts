import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventDetails } from './event-details';
import { type EventFilter, type EventList } from './event-list';
import { type EventDetail } from './event-view';

const pageSize = 200;

/**
 * All that pass, newest first, one JSON object a line: what was received, what was sent and what came of it. One event is in
 * memory at a time.
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
    // Others are served between two pages.
    await nextTurn();
  } while (cursor !== undefined);
}

/** The event stands in the line as it was received, so that every digit and every member is there. */
function lineOf({ received, ...others }: EventDetail): string {
  return `${JSON.stringify(others).slice(0, -1)},"received":${received === null ? 'null' : onOneLine(received)}}`;
}

/** In JSON text, line breaks are only between tokens: within a string they are escaped. */
function onOneLine(json: string): string {
  return json.replaceAll(/[\r\n]+/g, ' ');
}
