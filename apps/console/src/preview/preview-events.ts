import { headerNames } from '@app/kafka';
import { receivedAtMsOf } from '@app/mapping';
import { parseEnvelope } from '@app/revenuecat';
import { Injectable } from '@nestjs/common';
import { EventDetails } from '../events/event-details';
import { EventList } from '../events/event-list';
import { type PreviewedEvent } from './known-event';

const maxTypes = 16;
const maxOthers = 8;

/** Events of the read model, as the mapper would read them. */
@Injectable()
export class PreviewEvents {
  constructor(
    private readonly details: EventDetails,
    private readonly list: EventList,
  ) {}

  /** Returns undefined if the event does not exist, or is no longer stored as received. */
  find(project: string, eventId: string, nowMs: number): PreviewedEvent | undefined {
    const original = this.details.original(project, eventId);
    const parsed = original && parseEnvelope(original.value);
    if (original === undefined || parsed?.kind !== 'envelope') return undefined;
    const { headers, atMs } = original;
    const replay = headers[headerNames.replay];
    return {
      envelope: parsed.envelope,
      project,
      receivedAtMs: receivedAtMsOf(headers[headerNames.receivedAtMs], atMs, nowMs),
      ...(replay !== undefined && { replay }),
    };
  }

  /** Returns the newest event of each type, and then other last events, each with the newest first. Undefined: of all projects. */
  latest(project: string | undefined, nowMs: number): PreviewedEvent[] {
    const ofEachType = this.list.newestOfEachType(project).slice(0, maxTypes);
    const { events } = this.list.page({ project }, undefined, maxOthers);
    const byId = new Map(
      [...ofEachType, ...events].map((event) => [`${event.project}/${event.eventId}`, event]),
    );
    return [...byId.values()]
      .map((event) => this.find(event.project, event.eventId, nowMs))
      .filter((event) => event !== undefined);
  }
}
