import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventDetails } from './event-details';
import { type EventFilter, type EventList } from './event-list';
import { type EventDetail, type ExportedEvent } from './event-view';

const pageSize = 200;

/** All that pass, newest first, one JSON object a line: what was received, what was sent and what came of it. */
export async function* exportEvents(
  list: EventList,
  details: EventDetails,
  filter: EventFilter,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const { events, next } = list.page(filter, cursor, pageSize);
    const lines = events
      .map(({ project, eventId }) => details.find(project, eventId))
      .filter((detail) => detail !== undefined)
      .map((detail) => `${JSON.stringify(exported(detail))}\n`);
    yield lines.join('');
    cursor = next ?? undefined;
    // Others are served between two pages.
    await nextTurn();
  } while (cursor !== undefined);
}

function exported(detail: EventDetail): ExportedEvent {
  const { received } = detail;
  return { ...detail, received: received === null ? null : (JSON.parse(received) as unknown) };
}
